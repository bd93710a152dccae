package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/device/sim"
)

// faultHand offers every fault of the simulated pens.
type faultHand struct{ handLog }

func (*faultHand) Faults() []string { return sim.FaultNames() }

// offered are the faults in the open picker.
func offered(w *Window) []string {
	everything(w.root) // rows exist once they were drawn
	var out []string
	for _, name := range controlNames(w) {
		if fault, ok := strings.CutPrefix(name, "overlay.choice."); ok {
			out = append(out, fault)
		}
	}
	return out
}

// A needling pen is offered no fault of an amplifier that it does not have; one
// that is on can be turned off all the same.
func TestFaultsThatThePenCanHave(t *testing.T) {
	all := sim.FaultNames()
	for _, name := range rfFaults() {
		if !slices.Contains(all, name) {
			t.Errorf("no pen has a fault %q", name)
		}
	}
	for _, name := range all {
		rf := strings.HasPrefix(name, "rf_") || strings.Contains(name, "power") || strings.Contains(name, "impedance") || strings.HasSuffix(name, "_pin")
		if canHave(clinical.Needling, name) == rf || !canHave(clinical.RF, name) || !canHave("", name) {
			t.Errorf("%s: a needling pen %v, an RF pen %v", name, canHave(clinical.Needling, name), canHave(clinical.RF, name))
		}
	}
	w, d := use(t, "treat-needling")
	w.cfg.Desk = &handDesk{deskLog: d, hand: &faultHand{}}
	tapName(t, w, "hand.faults")
	got := offered(w)
	if slices.Contains(got, "rf_leak") || !slices.Contains(got, "motor_stall") {
		t.Errorf("a needling pen is offered %q", got)
	}
	w.layer.Close()
	w.drawer.raised["rf_leak"] = true
	tapName(t, w, "hand.faults")
	if !slices.Contains(offered(w), "rf_leak") {
		t.Error("a fault that is on can't be turned off")
	}
	w.layer.Close()
	w.drawer.raised["rf_leak"] = false
	d.change(w, func(v *console.View) { v.Pen.Kind = clinical.RF })
	tapName(t, w, "hand.faults")
	if !slices.Contains(offered(w), "rf_leak") {
		t.Error("an RF pen is not offered its faults")
	}
}

// otherHand is a handpiece that another hand uses, too.
type otherHand struct {
	handLog
	now   console.HandState
	err   error
	looks atomic.Int64
}

func (h *otherHand) State() (console.HandState, error) {
	h.looks.Add(1)
	return h.now, h.err
}

// withHand opens the drawer over a handpiece.
func withHand(t *testing.T, h console.Handpiece) *Window {
	t.Helper()
	w, d := use(t, "treat-needling")
	w.cfg.Desk = &handDesk{deskLog: d, hand: h}
	return w
}

// see looks at the hand as the drawer's goroutine does, and draws.
func see(w *Window) {
	w.drawer.look()
	w.tick()
}

// What another program does with the hand stands in the drawer: trigger, contact,
// tip and faults.
func TestDrawerFollowsAnotherHand(t *testing.T) {
	h := &otherHand{}
	w := withHand(t, h)
	for _, c := range []struct {
		now         console.HandState
		want, isNot string
		held        bool
	}{
		{console.HandState{Tip: true}, "Hold: trigger", "Trigger held", false},
		{console.HandState{Tip: true, Trigger: true}, "Trigger held", "Hold: trigger", true},
		{console.HandState{Tip: true, Contact: true}, "On skin", "Put on skin", false},
		{console.HandState{}, "Put tip on", "Change tip", false},
		{console.HandState{Tip: true}, "Change tip", "Put tip on", false},
	} {
		h.now = c.now
		see(w)
		if !shows(w, c.want) || shows(w, c.isNot) || w.drawer.trigger.Held() != c.held || w.drawer.remove.Disabled() == c.now.Tip {
			t.Errorf("%+v: the drawer does not show it", c.now)
		}
	}
	h.now.Faults = []string{"open_pin"}
	see(w)
	tapName(t, w, "hand.faults")
	tapName(t, w, "overlay.choice.open_pin")
	if want := []string{"fault open_pin false"}; !slices.Equal(h.calls, want) {
		t.Errorf("the handpiece was asked %q, want %q", h.calls, want)
	}
}

// What was seen before the hand at this window did something is not drawn after it,
// and the trigger that is let go here is up at once.
func TestDrawerShowsNoOldSight(t *testing.T) {
	h := &otherHand{now: console.HandState{Tip: true}}
	w := withHand(t, h)
	w.drawer.look()
	tapName(t, w, "hand.contact")
	w.tick()
	if !shows(w, "On skin") {
		t.Error("a look of before the act is drawn after it")
	}
	pad := w.find("hand.trigger").(*widgets.HoldPad)
	pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	h.now.Trigger = true
	see(w)
	if !shows(w, "Trigger held") {
		t.Error("the trigger is not held")
	}
	h.now.Trigger = false // another hand lets go
	see(w)
	if pad.Held() || !shows(w, "Hold: trigger") {
		t.Error("a trigger that another hand let go is drawn as held")
	}
	h.now.Trigger = true
	see(w)
	pad.MouseUp(&desktop.MouseEvent{})
	w.tick()
	if pad.Held() || shows(w, "Trigger held") {
		t.Error("the trigger is still held")
	}
	if want := []string{"contact true", "trigger true", "trigger false"}; !slices.Equal(h.calls, want) {
		t.Errorf("the handpiece was asked %q, want %q", h.calls, want)
	}
}

// A hand that can't be seen is said so, until it can.
func TestDrawerSaysThatItSeesNothing(t *testing.T) {
	h := &otherHand{err: errors.New("no answer from the pen")}
	w := withHand(t, h)
	hint := w.words.T("hand.hint")
	see(w)
	if shows(w, hint) {
		t.Error("it does not say so")
	}
	h.err = nil
	see(w)
	if !shows(w, hint) {
		t.Error("it says so for ever")
	}
}

// The hand is looked at while the drawer is to be seen, by nobody whom a handpiece
// that does not answer could hold up, and no longer than the window is there.
func TestDrawerLooksWhileItIsSeen(t *testing.T) {
	h := &otherHand{}
	w := withHand(t, h)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w.drawer.watch.on.Store(false)
		go w.drawer.run(ctx)
		time.Sleep(time.Second + time.Millisecond)
		if n := h.looks.Load(); n != 0 {
			t.Errorf("%d looks at what nobody sees", n)
		}
		w.drawer.watch.on.Store(true)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := h.looks.Load(); n != int64(time.Second/handEvery) {
			t.Errorf("%d looks in a second", n)
		}
		cancel()
	})
	w.tick()
	w.drawer.setOpen(false)
	if w.drawer.watch.on.Load() {
		t.Error("a closed drawer is looked at")
	}
	w.drawer.setOpen(true)
	if !w.drawer.watch.on.Load() {
		t.Error("an open drawer is not looked at")
	}
}

// slowHand is a handpiece that does not answer before it may.
type slowHand struct {
	otherHand
	answer chan struct{}
}

func (h *slowHand) Trigger(down bool) error {
	<-h.answer
	return h.otherHand.Trigger(down)
}

// A handpiece that does not answer holds up neither the window nor STOP; what was done
// arrives in its order once it does.
func TestDrawerWaitsForNoHandpiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowHand{answer: make(chan struct{})}
		w := withHand(t, h)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.drawer.acts.run(ctx); close(ended) }()
		synctest.Wait()
		pad := w.find("hand.trigger").(*widgets.HoldPad)
		pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
		pad.MouseUp(&desktop.MouseEvent{})
		tapName(t, w, "hand.contact")
		synctest.Wait()
		if len(h.calls) > 0 {
			t.Fatalf("the handpiece did %q without an answer", h.calls)
		}
		close(h.answer)
		synctest.Wait()
		if want := []string{"trigger true", "trigger false", "contact true"}; !slices.Equal(h.calls, want) {
			t.Errorf("the handpiece did %q, want %q", h.calls, want)
		}
		cancel()
		<-ended
	})
}
