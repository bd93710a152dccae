package console

import (
	"context"

	"stipple/app/clinical"
	"stipple/app/coded"
)

// NotPermittedError is a use case that whoever is at work may not use. Nothing was
// done of it.
type NotPermittedError struct {
	Permission clinical.Permission
	Role       clinical.Role // of who asked; zero: nobody is at work
}

func (e *NotPermittedError) Error() string {
	if e.Role == "" {
		return "nobody is at work, and " + string(e.Permission) + " is not for everybody"
	}
	return string(e.Permission) + " is not for a " + string(e.Role)
}

// Code is "nobody_at_work", or "not_permitted_" and the permission.
func (e *NotPermittedError) Code() string {
	if e.Role == "" {
		return "nobody_at_work"
	}
	return "not_permitted_" + string(e.Permission)
}

// ErrOtherOperator means that somebody else is at work than the one who asked:
// what was read for that one is not for this one. What was to be written may be
// written: look before it is asked for again.
// Code "other_operator".
var ErrOtherOperator = coded.New("other_operator", "somebody else is at work than the one who asked")

// noticeRefused is the key of the notice about something that is not permitted.
const noticeRefused = "not_permitted"

// may is where every use case asks, before it does anything: nil, or a
// *NotPermittedError. What works for everybody, and with nobody at work, does not
// ask: STOP and all that ends READY, alarms and their sound, what the pen says of
// itself, who is at work, and what the composition root tells.
func (d *Desk) may(p clinical.Permission) error {
	if d.operator.Role.MayWhile(d.vacant, p) {
		return nil
	}
	return &NotPermittedError{Permission: p, Role: d.operator.Role}
}

// permitted runs do on Run's goroutine if whoever is at work may: for a use case
// that tells nobody what came of it. That it is refused is a notice.
func (d *Desk) permitted(p clinical.Permission, do func()) {
	d.post(func() {
		if err := d.may(p); err != nil {
			d.note(Notice{Key: noticeRefused, Err: err})
			return
		}
		do()
	})
}

// permittedTo is permitted for a use case that tells done what came of it.
func (d *Desk) permittedTo(p clinical.Permission, done func(error), do func()) {
	d.post(func() {
		if err := d.may(p); err != nil {
			done(err)
			return
		}
		do()
	})
}

// read reads for whoever is at work, and hands done what came of it, or why
// nothing did, with none in its place. Work runs off Run's goroutine; what it
// returns runs on it, and not at all once somebody else is at work; work's context is
// over then, so that nothing goes on for minutes that nobody gets.
func read[T any](d *Desk, p clinical.Permission, none T, work func(context.Context) (func() T, error), done func(T, error)) {
	d.permittedTo(p, func(err error) { done(none, err) }, func() {
		turn, atWork := d.turn, d.atWork
		d.job(func(ctx context.Context) func() {
			ctx, end := context.WithCancel(ctx)
			defer end()
			defer context.AfterFunc(atWork, end)()
			out, err := work(ctx)
			return func() {
				switch {
				case turn != d.turn:
					done(none, ErrOtherOperator)
				case err != nil:
					done(none, explain(err))
				default:
					done(out(), nil)
				}
			}
		})
	})
}
