package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"stipple/app/clinical"
	"stipple/app/ui"
	"stipple/app/ui/trace"
	"stipple/app/vault"
)

// prefLast is the sign-in name that came in last, which is public.
const prefLast = "sign_in"

// entrance is the window while nobody has signed in.
type entrance struct {
	w    *window
	ctx  context.Context
	opt  Options
	door *door
	// recovered are the keys that the recovery code has opened, until a new
	// passphrase is set. It belongs to the window's thread.
	recovered *vault.Vault
	// lent is the sign-in name of who came in by a passphrase that somebody else has set:
	// recovered are their keys then, and they set one of their own; else empty.
	lent string
	// over says that the window shows something else by now, or soon.
	over bool
}

// enter shows the way into a practice's store.
func (w *window) enter(ctx context.Context, opt Options, d *door) {
	e := &entrance{w: w, ctx: ctx, opt: opt, door: d}
	if d.slots == nil {
		e.setUp()
		return
	}
	e.signIn()
}

// train leaves for the training store; nil where a pen's port was asked for.
func (e *entrance) train() func() {
	if e.opt.Port != "" {
		return nil
	}
	return func() {
		e.over = true
		e.forget()
		e.w.simulate(e.ctx, clinical.RF)
	}
}

// forget gives up what the recovery code has opened.
func (e *entrance) forget() {
	if e.recovered != nil {
		_ = e.recovered.Close() // only read from
		e.recovered = nil
	}
	e.lent = ""
}

// do runs work off the window's thread, and then on it with what came of it.
func do[T any](e *entrance, work func() (T, error), then func(T, error)) {
	e.w.work(func() {
		v, err := work()
		onWindow(func() { then(v, err) })
	})
}

func (e *entrance) setUp() {
	var page *ui.SetUp
	page = ui.NewSetUp(e.w.win.Canvas(), ui.SetUpActions{
		CheckSignIn:     vault.CheckSignInName,
		CheckPassphrase: vault.CheckPassphrase,
		MakeCode: func() {
			do(e, newCode, func(c code, err error) {
				page.Show(ui.SetUpState{Code: []byte(c.text), Ask: c.ask, Err: err})
			})
		},
		Create: func(f ui.SetUpForm) {
			page.Show(ui.SetUpState{Busy: true})
			do(e, func() (*entry, error) {
				defer wipe(f.Passphrase, f.Code)
				return e.door.setUp(newcomer{name: f.Name, signIn: f.SignIn, passphrase: f.Passphrase, code: string(f.Code)})
			}, func(who *entry, err error) {
				page.Show(ui.SetUpState{Err: err, Done: err == nil})
				if err == nil {
					e.in(who)
				}
			})
		},
		Train: e.train(),
	})
	e.w.win.SetContent(page.Content())
	page.Begin()
	e.w.follow(page.Snapshot)
}

// code is a new recovery code, and which of its groups are asked for.
type code struct {
	text string
	ask  [2]int
}

// newCode makes a recovery code and draws two of its groups.
func newCode() (code, error) {
	text, err := vault.NewRecoveryCode()
	if err != nil {
		return code{}, fmt.Errorf("make the recovery code: %w", err)
	}
	groups := int64(len(vault.CodeGroups(text)) - 1) // the last one is short
	first, err := rand.Int(rand.Reader, big.NewInt(groups))
	if err != nil {
		return code{}, fmt.Errorf("make the recovery code: %w", err)
	}
	apart, err := rand.Int(rand.Reader, big.NewInt(groups-1))
	if err != nil {
		return code{}, fmt.Errorf("make the recovery code: %w", err)
	}
	a, b := first.Int64(), (first.Int64()+1+apart.Int64())%groups
	return code{text: text, ask: [2]int{int(min(a, b)), int(max(a, b))}}, nil
}

func (e *entrance) signIn() {
	state := ui.SignInState{Last: e.w.app.Preferences().String(prefLast)}
	for _, p := range e.door.slots.People() {
		state.Names = append(state.Names, p.SignIn)
	}
	var page *ui.SignIn
	show := func(change func(*ui.SignInState)) {
		next := state
		change(&next)
		page.Show(next)
	}
	// refused says what was wrong with a try, and how long the next one has to wait.
	refused := func(name string, err error) {
		if e.over {
			return
		}
		next := state
		next.Err, next.Recovered = err, e.recovered != nil
		if wait := e.door.slots.Wait(name, time.Now()); wait > 0 && !next.Recovered {
			e.countDown(page, next, time.Now().Add(wait))
			return
		}
		page.Show(next)
	}
	came := func(name string) func(*entry, error) {
		return func(who *entry, err error) {
			switch {
			case e.over: // it can't be opened
				if err == nil {
					_ = who.close()
				}
				return
			case err != nil:
				refused(name, err)
				return
			case who.person().Lent:
				e.forget()
				e.recovered, e.lent = who.keys, who.person().SignIn
				show(func(s *ui.SignInState) { s.Recovered = true })
				return
			}
			show(func(s *ui.SignInState) { s.Done = true })
			e.recovered = nil
			e.in(who)
		}
	}
	busy := func() {
		show(func(s *ui.SignInState) { s.Busy, s.Recovered = true, e.recovered != nil })
	}
	page = ui.NewSignIn(e.w.win.Canvas(), state, ui.SignInActions{
		SignIn: func(name string, passphrase []byte) {
			busy()
			do(e, func() (*entry, error) {
				defer wipe(passphrase)
				return e.door.signIn(name, passphrase)
			}, came(name))
		},
		Recover: func(_ string, typed []byte) {
			busy()
			do(e, func() (*vault.Vault, error) {
				defer wipe(typed)
				return e.door.recovered(string(typed))
			}, func(keys *vault.Vault, err error) {
				if err != nil {
					refused("", err)
					return
				}
				e.forget()
				e.recovered = keys
				if e.over { // it can't be opened
					e.forget()
					return
				}
				show(func(s *ui.SignInState) { s.Recovered = true })
			})
		},
		CheckPassphrase: vault.CheckPassphrase,
		Renew: func(name string, passphrase []byte) {
			busy()
			keys, renew := e.recovered, e.door.renew
			if e.lent != "" {
				name, renew = e.lent, e.door.ownPassphrase
			}
			do(e, func() (*entry, error) {
				defer wipe(passphrase)
				return renew(keys, name, passphrase)
			}, came(name))
		},
		Cancel: e.forget,
		Train:  e.train(),
	})
	e.w.win.SetContent(page.Content())
	page.Begin()
	e.w.follow(page.Snapshot)
	do(e, func() (struct{}, error) { return struct{}{}, e.door.ready.known() }, func(_ struct{}, err error) {
		if err != nil && !e.over {
			show(func(s *ui.SignInState) { s.Done = true }) // nothing that was typed stays
			e.cannotOpen(err)
		}
	})
}

// cannotOpen says why there is nothing to sign in to.
func (e *entrance) cannotOpen(err error) {
	e.over = true
	e.forget()
	e.w.unfollow()
	said := shown(err)
	e.w.mu.Lock()
	e.w.failed = said
	e.w.mu.Unlock()
	e.w.cannotOpen(e.ctx, e.opt, said)
}

// countDown shows how long the next try has to wait, each second.
func (e *entrance) countDown(page *ui.SignIn, state ui.SignInState, until time.Time) {
	if e.over {
		return
	}
	left := time.Until(until)
	state.Wait = max(left, 0)
	page.Show(state)
	if left > 0 {
		time.AfterFunc(min(left, time.Second), func() { onWindow(func() { e.countDown(page, state, until) }) })
	}
}

// in opens the console for who came in.
func (e *entrance) in(who *entry) {
	e.over = true
	e.w.came(who)
	e.w.await(e.ctx, e.w.prepare(e.ctx, e.opt, who))
}

// wipe overwrites secrets.
func wipe(secrets ...[]byte) {
	for _, s := range secrets {
		clear(s)
	}
}

// follow writes what stands in the window to the trace, until unfollow. It is called
// on the window's thread; its two goroutines end with it.
func (w *window) follow(take func() trace.Snapshot) {
	w.unfollow()
	if w.trace == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.unfollow = cancel
	r := trace.New(w.trace)
	go func() { _ = r.Run(ctx) }() // a reader that went away ends the trace alone
	go func() {
		tick := time.NewTicker(time.Second / trace.PerSecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				onWindow(func() {
					if ctx.Err() == nil {
						_ = r.Offer(time.Now(), take)
					}
				})
			}
		}
	}()
}
