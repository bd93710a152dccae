package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stipple/app"
	"stipple/app/clinical"
	"stipple/app/console"
)

// What is treated: as in the demo, but with the longest pulse that the pen can
// make, at a power whose dose the limits allow for that long.
const (
	patient    = "Ruiz"
	indication = "acne_scars"
	zone       = "cheek_left"
)

// setting is a value as it is typed.
type setting struct {
	parameter clinical.Parameter
	text      string
}

// settings are in the order in which none is beyond what the ones before it
// leave: speed bounds the pulse, and power the dose.
func settings() []setting {
	return []setting{{clinical.Depth, "1.5"}, {clinical.Speed, "40"}, {clinical.Power, "1"}, {clinical.Duration, "1000"}}
}

const (
	// lookEvery is how often a command looks whether the desk has done it.
	lookEvery = time.Millisecond
	// patience is how long a command may take on a busy computer.
	patience = 20 * time.Second
	// settledRedraws is after how many redraws the window counts as open: half a
	// second of them.
	settledRedraws = 10
	// pressAgain is after how long a person would press a button again.
	pressAgain = time.Second
	// longest bounds for how long the window's thread may be held, and the pace.
	longest = 10 * time.Second
)

// operator carries out the commands at the desk, in place of hand and eye.
type operator struct {
	*rig
	app.Parts
}

// obey carries out one command: prepare TIP, arm, rest, end, fault, redraw, freeze MS,
// pace MS, backups on or off, or counts.
func (o operator) obey(ctx context.Context, words []string) answer {
	a := answer{Done: words[0]}
	var err error
	switch words[0] {
	case "prepare":
		err = o.prepare(ctx, words[1:])
	case "arm":
		err = o.arm(ctx)
	case "rest":
		err = o.rest(ctx)
	case "end":
		o.Desk.EndTreatment()
		err = o.until(ctx, "the end of the treatment", func(v *console.View) bool { return !v.Run.Open })
	case "fault":
		err = o.until(ctx, "FAULT, or a stop that came before it", func(v *console.View) bool { return v.Pen.Phase == console.Fault || v.Pen.Phase == console.Stopped })
	case "redraw":
		err = o.redrawn(ctx)
	case "freeze":
		err = o.freeze(words)
	case "pace":
		var every time.Duration
		if every, err = milliseconds(words); err == nil {
			err = tell(ctx, o.pace, every)
		}
	case "backups":
		if len(words) != 2 || o.stick == "" {
			err = errors.New("backups: on or off, of a practice")
			break
		}
		err = tell(ctx, o.backing, words[1] == "on")
	case "counts":
		a.Redraws, a.Records, a.Downloads, a.Commits = o.redraws.Load(), o.records.Load(), o.downloads.Load(), o.commits.Load()
		a.Backups, a.Missing = o.backups.Load(), o.missing.Load()
		a.Stood, a.Silent = o.stood.Swap(0), o.silent.Swap(0)
	default:
		err = fmt.Errorf("no command %q", words[0])
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

// prepare brings the pen to applied settings on the tip with that id.
func (o operator) prepare(ctx context.Context, words []string) error {
	if len(words) != 1 {
		return errors.New("prepare: on which tip")
	}
	shown := func(v *console.View) bool {
		return v.Pen.Phase == console.Standby && fmt.Sprint(v.Pen.Tip.ID) == words[0] && o.redraws.Load() > settledRedraws
	}
	if err := o.until(ctx, "a window with a pen in STANDBY and tip "+words[0], shown); err != nil {
		return err
	}
	if o.Desk.View().Patient == nil {
		hits, _, err := o.Store.SearchPatients(ctx, patient, 1)
		if err != nil || len(hits) == 0 {
			return fmt.Errorf("no patient %s: %w", patient, err)
		}
		o.Desk.ChoosePatient(hits[0].ID)
		if err := o.until(ctx, "the patient", func(v *console.View) bool { return v.Patient != nil }); err != nil {
			return err
		}
		o.Desk.ChooseIndication(indication)
		o.Desk.ChooseZone(zone)
	}
	err := o.until(ctx, "the limits", func(v *console.View) bool { return len(v.Controls) == len(settings()) && v.Limits == nil })
	if err != nil {
		return err
	}
	for _, s := range settings() {
		o.Desk.Type(s.parameter, s.text)
	}
	var pressed time.Time
	return o.until(ctx, "applied settings", func(v *console.View) bool {
		if v.Apply.Can && v.Apply.State != console.AppliedOK && time.Since(pressed) > pressAgain {
			o.Desk.Apply()
			pressed = time.Now()
		}
		return v.Apply.State == console.AppliedOK
	})
}

// redrawn waits for a redraw of the window.
func (o operator) redrawn(ctx context.Context) error {
	drawn := o.redraws.Load()
	return o.until(ctx, "a redraw", func(*console.View) bool { return o.redraws.Load() > drawn })
}

// arm arms for what the desk shows, once the window has drawn it: nobody can be
// quicker, and a session that has not seen the window alive yet arms nothing.
func (o operator) arm(ctx context.Context) error {
	can := func(v *console.View) bool { return v.Arm.State == console.ArmReady && v.Arm.Review != nil }
	if err := o.until(ctx, "arming to be possible", can); err != nil {
		return err
	}
	if err := o.redrawn(ctx); err != nil {
		return err
	}
	o.Desk.Arm(o.Desk.View().Arm.Shown)
	return o.until(ctx, "READY", func(v *console.View) bool { return v.Pen.Phase == console.Ready })
}

// rest brings the pen to STANDBY and acknowledges what stands.
func (o operator) rest(ctx context.Context) error {
	var asked console.Phase
	var pressed time.Time
	err := o.until(ctx, "STANDBY", func(v *console.View) bool {
		if v.Pen.Phase != asked || time.Since(pressed) > pressAgain {
			asked, pressed = v.Pen.Phase, time.Now()
			switch asked {
			case console.Stopped, console.Fault:
				o.Desk.Clear()
			case console.Ready, console.Treating:
				o.Desk.Disarm()
			}
		}
		return asked == console.Standby
	})
	if err != nil {
		return err
	}
	// What the pen tells with its state may come a moment behind it.
	return o.until(ctx, "no alarm that counts", func(v *console.View) bool {
		quiet := true
		for _, a := range v.Alarms.Present {
			if a.Priority.Latches() {
				quiet = false
				if !a.Acknowledged() {
					o.Desk.Acknowledge(a.ID)
				}
			}
		}
		return quiet
	})
}

// until waits until the desk's view is so.
func (o operator) until(ctx context.Context, what string, so func(*console.View) bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !so(o.Desk.View()) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			v := o.Desk.View()
			alarms := ""
			for _, a := range v.Alarms.Present {
				alarms += fmt.Sprintf(" %s %s: %v;", a.Since.Format("05.000"), a.Code, a.Cause)
			}
			return fmt.Errorf("never: %s; phase %s, apply %s, arm %s, %v; blocks %v; alarms%s", what, v.Pen.Phase, v.Apply.State, v.Arm.State, v.Arm.Err, v.Blocks, alarms)
		case <-look.C:
		}
	}
	return nil
}

// freeze holds the window's thread for that many milliseconds. It returns at
// once; events say when the thread stood and when it went on.
func (o operator) freeze(words []string) error {
	d, err := milliseconds(words)
	if err != nil {
		return err
	}
	go o.dispatch(func() {
		o.say(event{Event: "frozen", Mono: int64(monotonic())})
		time.Sleep(d)
		o.say(event{Event: "thawed", Mono: int64(monotonic())})
	})
	return nil
}

// milliseconds is the time that a command names.
func milliseconds(words []string) (time.Duration, error) {
	if len(words) != 2 {
		return 0, fmt.Errorf("%s: how many milliseconds", words[0])
	}
	ms, err := strconv.Atoi(words[1])
	if err != nil || ms < 1 || time.Duration(ms)*time.Millisecond > longest {
		return 0, fmt.Errorf("%s %q: want 1 to %d", words[0], words[1], longest.Milliseconds())
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// tell hands a part of the load what is asked of it.
func tell[T any](ctx context.Context, part chan<- T, what T) error {
	select {
	case part <- what:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
