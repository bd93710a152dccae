package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"stipple/app/ui/trace"
)

// The treatment that is played, as issue and pictures have it: acne scars on a
// left cheek with the RF pen, 12 W for 100 ms over 25 pins, 48 mJ a pin.
const (
	patientSearch  = "Ruiz"
	indicationKey  = "acne_scars"
	zoneName       = "Left cheek"
	depthTooDeep   = "3.00" // mm; the site's cap for scars is 2.50
	depthBound     = "2.50"
	pulsesToPlay   = 5
	pulsesByDrawer = 2
	stopPulse      = pulsesToPlay + 1
	liftTime       = 150 * time.Millisecond // a hand lifts off for longer than the 100 ms that make a new spot
)

// setting is one value of the treatment: the control's name, what is typed.
type setting struct{ name, value string }

func settings() []setting {
	return []setting{{"depth", "1.50"}, {"speed", "60"}, {"power", "12"}, {"pulse", "100"}}
}

// step is one thing that a person does. It returns what came of it.
type step struct {
	name string
	do   func(context.Context) (string, error)
	shot string // name of the picture that is kept after it; empty: none
}

// treat plays the whole treatment and returns at the first step that does not
// hold.
func (p *play) treat(ctx context.Context) error {
	return p.run(ctx,
		step{"pen found", p.findPen, ""},
		step{"patient chosen", p.choosePatient, ""},
		step{"acne scars, left cheek", p.choosePlace, "limits"},
		step{"depth beyond the bound refused", p.tryTooDeep, "refused"},
		step{"settings applied and read back", p.apply, "applied"},
		step{"armed", p.arm, "armed"},
		step{"pulses delivered", p.pulses, ""},
		step{"stop", p.stop, "stopped"},
		step{"cleared", p.clear, ""},
		step{"record saved", p.end, "ended"},
		step{"record shown", p.showRecord, "record"},
	)
}

func (p *play) run(ctx context.Context, steps ...step) error {
	for _, s := range steps {
		came, err := s.do(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s.name, err), p.shoot(ctx, "failed"))
		}
		p.say("%s: %s", s.name, came)
		if s.shot == "" {
			continue
		}
		if err := p.shoot(ctx, s.shot); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) findPen(ctx context.Context) (string, error) {
	_, err := p.w.until(ctx, startLimit, "a pen in STANDBY", func(s trace.Snapshot) bool {
		return s.States["chip"] == "STANDBY" && shows(s, "SIMULATED")
	})
	return "R1 on " + p.pen.link + ", STANDBY, marked SIMULATED", err
}

func (p *play) choosePatient(ctx context.Context) (string, error) {
	if err := p.pick(ctx, "treat.patient", patientSearch, theOnly); err != nil {
		return "", err
	}
	if err := p.w.state(ctx, reactLimit, "patient", patientSearch); err != nil {
		return "", err
	}
	s, err := p.w.now()
	return text(s, patientSearch) + ", " + text(s, "type "), err
}

func (p *play) choosePlace(ctx context.Context) (string, error) {
	if err := p.pick(ctx, "treat.indication", "", keyed(indicationKey)); err != nil {
		return "", err
	}
	if err := p.pick(ctx, "treat.zone", zoneName, theOnly); err != nil {
		return "", err
	}
	s, err := p.w.until(ctx, reactLimit, "the four controls", func(s trace.Snapshot) bool {
		for _, v := range settings() {
			if c, ok := s.Find("treat." + v.name + ".value"); !ok || !c.Enabled {
				return false
			}
		}
		return true
	})
	return "depth at most " + depthBound + " mm, because: " + text(s, "cheek"), err
}

// tryTooDeep types a depth beyond the zone's bound. It is refused in words,
// stays refused, and nothing of it reaches the pen.
func (p *play) tryTooDeep(ctx context.Context) (string, error) {
	if err := p.set(ctx, "depth", depthTooDeep); err != nil {
		return "", err
	}
	s, err := p.w.until(ctx, reactLimit, "the refusal with its reason", func(s trace.Snapshot) bool {
		return strings.Contains(s.States["depth.refused"], depthBound)
	})
	if err != nil {
		return "", err
	}
	if c, ok := s.Find("treat.apply"); ok && c.Enabled {
		return "", errors.New("a refused value can be applied")
	}
	return fmt.Sprintf("%s mm is %q", depthTooDeep, s.States["depth.refused"]), nil
}

func (p *play) apply(ctx context.Context) (string, error) {
	for _, v := range settings() {
		if err := p.set(ctx, v.name, v.value); err != nil {
			return "", err
		}
		_, err := p.w.until(ctx, reactLimit, v.name+" to be taken", func(s trace.Snapshot) bool {
			return s.States[v.name] == v.value && s.States[v.name+".refused"] == ""
		})
		if err != nil {
			return "", err
		}
	}
	if err := p.w.use(ctx, "treat.apply"); err != nil {
		return "", err
	}
	if err := p.w.state(ctx, reactLimit, "apply", "applied"); err != nil {
		return "", err
	}
	var words []string
	for _, v := range settings() {
		words = append(words, v.name+" "+v.value)
	}
	return strings.Join(words, ", "), nil
}

func (p *play) arm(ctx context.Context) (string, error) {
	from := p.pen.mark()
	if err := p.w.use(ctx, "hand.contact"); err != nil {
		return "", err
	}
	begun := time.Now()
	err := p.w.hold(ctx, "treat.arm", reactLimit, func(s trace.Snapshot) bool { return s.States["arm"] == "armed" })
	if err != nil {
		return "", err
	}
	held := time.Since(begun)
	if err := p.w.state(ctx, reactLimit, "chip", "READY"); err != nil {
		return "", err
	}
	if _, _, _, err := p.pen.until(ctx, reactLimit, "READY", from, func(o output) bool { return o.State == "READY" }); err != nil {
		return "", err
	}
	if held < time.Second {
		return "", fmt.Errorf("armed after %v: a hold is a whole second", held)
	}
	return fmt.Sprintf("held for %.1f s, READY by the pen's own word", held.Seconds()), nil
}

// pulses delivers pulses with the handpiece's trigger: the first ones with the
// pointer on the drawer of the window, the others over the handpiece's socket.
// The picture is taken while the last one's trigger is still held.
func (p *play) pulses(ctx context.Context) (string, error) {
	energy := int64(0)
	for i := range pulsesToPlay {
		press, release := p.drawerTrigger()
		if i >= pulsesByDrawer {
			press, release = p.socketTrigger()
		}
		held := func(context.Context) error { return nil }
		if i == pulsesToPlay-1 {
			held = p.shootTreating
		}
		o, err := p.pulse(ctx, press, held, release)
		if err != nil {
			return "", fmt.Errorf("pulse %d: %w", i+1, err)
		}
		energy += o.EnergyUJ
		if err := p.lift(ctx); err != nil {
			return "", err
		}
	}
	want := fmt.Sprint(pulsesToPlay)
	if err := p.w.state(ctx, reactLimit, "pulses", want); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, counted by the window too; %d mJ by the probe on the pen, %d commanded", want, energy/1000, pulsesToPlay*12*100), nil
}

func (p *play) shootTreating(ctx context.Context) error {
	if err := p.w.state(ctx, reactLimit, "chip", "TREATING"); err != nil {
		return err
	}
	return p.shoot(ctx, "treating")
}

// socketTrigger pulls and releases over the handpiece's socket.
func (p *play) socketTrigger() (press, release func(context.Context) error) {
	return func(ctx context.Context) error { return p.pen.hand(ctx, "trigger", "down") },
		func(ctx context.Context) error { return p.pen.hand(ctx, "trigger", "up") }
}

// drawerTrigger pulls and releases with the pointer on the window's drawer.
func (p *play) drawerTrigger() (press, release func(context.Context) error) {
	press = func(ctx context.Context) error {
		c, err := p.w.control(ctx, "hand.trigger")
		if err != nil {
			return err
		}
		if err := p.w.move(ctx, c.X+c.W/2, c.Y+c.H/2); err != nil {
			return err
		}
		return p.w.press(ctx)
	}
	return press, p.w.release
}

// pulse pulls the trigger until RF has been on and off again, does what is to
// be done while it is held, and lets go. It returns the end of the pulse.
func (p *play) pulse(ctx context.Context, press, held, release func(context.Context) error) (o output, err error) {
	from := p.pen.mark()
	if err := press(ctx); err != nil {
		return output{}, err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	_, _, next, err := p.pen.until(ctx, reactLimit, "RF on", from, func(o output) bool { return o.RF })
	if err != nil {
		return output{}, err
	}
	o, _, _, err = p.pen.until(ctx, reactLimit, "RF off", next, func(o output) bool { return !o.RF })
	if err != nil {
		return output{}, err
	}
	return o, held(ctx)
}

// lift takes the tip off the skin for as long as a hand does and puts it on
// the next spot.
func (p *play) lift(ctx context.Context) error {
	if err := p.w.use(ctx, "hand.contact"); err != nil {
		return err
	}
	gesture := time.NewTimer(liftTime)
	defer gesture.Stop()
	select {
	case <-gesture.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return p.w.use(ctx, "hand.contact")
}

// stop presses Escape while a pulse is on and the trigger is held.
func (p *play) stop(ctx context.Context) (string, error) {
	press, release := p.socketTrigger()
	from := p.pen.mark()
	if err := press(ctx); err != nil {
		return "", err
	}
	_, _, next, err := p.pen.until(ctx, reactLimit, "RF on", from, func(o output) bool { return o.RF })
	if err != nil {
		return "", errors.Join(err, release(ctx))
	}
	pressed := time.Now()
	if err := p.w.key(ctx, "Escape"); err != nil {
		return "", errors.Join(err, release(ctx))
	}
	off, at, _, err := p.pen.until(ctx, reactLimit, "RF off", next, func(o output) bool { return !o.RF })
	if err == nil {
		_, _, _, err = p.pen.until(ctx, reactLimit, "ESTOP", next, func(o output) bool { return o.State == "ESTOP" })
	}
	if err = errors.Join(err, release(ctx)); err != nil {
		return "", err
	}
	if err := p.w.state(ctx, reactLimit, "chip", "ESTOP"); err != nil {
		return "", err
	}
	came := fmt.Sprintf("Escape during pulse %d: RF off %.0f ms after the key, ESTOP latched", stopPulse, at.Sub(pressed).Seconds()*1000)
	if off.Cause != "estop" {
		// On a machine that is busy with other things the 100 ms of the pulse
		// can be over before the key is through.
		came = fmt.Sprintf("Escape at the end of pulse %d (RF off by %q), ESTOP latched", stopPulse, off.Cause)
	}
	s, err := p.w.now()
	return came + "; the window says " + text(s, "confirmed"), err
}

func (p *play) clear(ctx context.Context) (string, error) {
	if err := p.w.use(ctx, "treat.clear"); err != nil {
		return "", err
	}
	return "STANDBY, and not armed by itself", p.w.state(ctx, reactLimit, "chip", "STANDBY")
}

func (p *play) end(ctx context.Context) (string, error) {
	if err := p.w.use(ctx, "treat.end"); err != nil {
		return "", err
	}
	s, err := p.w.until(ctx, reactLimit, "the question whether to end", func(s trace.Snapshot) bool { _, ok := yes(s); return ok })
	if err != nil {
		return "", err
	}
	c, _ := yes(s)
	if err := p.w.click(ctx, c.X+c.W/2, c.Y+c.H/2); err != nil {
		return "", err
	}
	_, err = p.w.until(ctx, reactLimit, "the end of the treatment", func(s trace.Snapshot) bool {
		_, open := s.Find("treat.end")
		return !open
	})
	return "treatment ended", err
}

// yes is the button of a question that agrees.
func yes(s trace.Snapshot) (trace.Control, bool) {
	for _, c := range s.Controls {
		if strings.HasSuffix(c.Name, "button.yes") {
			return c, true
		}
	}
	return trace.Control{}, false
}

// showRecord opens the treatment among the patient's past ones.
func (p *play) showRecord(ctx context.Context) (string, error) {
	if err := p.w.use(ctx, "nav.patients"); err != nil {
		return "", err
	}
	if err := p.w.state(ctx, reactLimit, "file", patientSearch); err != nil {
		return "", err
	}
	if err := p.w.use(ctx, "patients.tab.1"); err != nil {
		return "", err
	}
	if err := p.w.use(ctx, "patients.treatments.choice.0"); err != nil {
		return "", err
	}
	s, err := p.w.until(ctx, reactLimit, "the record", func(s trace.Snapshot) bool { return s.States["record"] != "" })
	if err != nil {
		return "", err
	}
	pulses := fmt.Sprintf("%d pulses", stopPulse)
	if text(s, pulses) == "" {
		return "", fmt.Errorf("the record does not say %s; the window shows %s", pulses, describe(s))
	}
	return fmt.Sprintf("outcome %q, %s", s.States["record"], pulses), nil
}
