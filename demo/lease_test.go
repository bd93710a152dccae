package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"stipple/device"
	"stipple/device/serialport"
	"stipple/protocol"
)

// leaseForEver is a console without a window or a limit library: it sets a
// pulse of 1,000 ms, which no indication of the library allows and the pen
// does, arms, says so, and goes on leasing until it is killed.
func leaseForEver(path string, out io.Writer) error {
	ctx := context.Background()
	port := device.Port{Path: path}
	conn, err := serialport.Open(port, serialport.DefaultBaud)
	if err != nil {
		return err
	}
	s, err := device.Open(ctx, conn, device.Options{Port: port})
	if err != nil {
		return err
	}
	tested := make(chan struct{}) // closed once the pen's self-test is done
	go func() {
		known := false
		for range time.Tick(protocol.LeaseEvery) {
			s.Touch()
			if !known && s.Live().Status.Flags&protocol.FlagSelfTestOK != 0 {
				known = true
				close(tested)
			}
		}
	}()
	<-tested
	tip, _ := s.Tip()
	values := []int32{1500, 30, 1000, 1000} // 1.5 mm, 30/min, 1 W, 1,000 ms
	env := protocol.Envelope{DosePerPin: 40_000, PulsesPerSpot: 1, Pins: tip.Pins}
	for i, v := range values {
		env.Ranges = append(env.Ranges, protocol.Range{Index: uint8(i), Min: v, Max: v})
	}
	snap, err := s.Apply(ctx, env, values)
	if err != nil {
		return err
	}
	id, err := device.NewCommandID(rand.Reader)
	if err != nil {
		return err
	}
	if err := s.Arm(ctx, device.ArmRequest{Hash: snap.Hash, TreatmentID: [16]byte{1}, CommandID: id}); err != nil {
		return err
	}
	fmt.Fprintln(out, "armed")
	for range s.Events() {
	}
	return s.Err()
}

// TestLeaseOfALongPulse kills a console in the middle of a pulse of 1,000 ms
// with the trigger held: the pen's own log shows that the lease ended it.
func TestLeaseOfALongPulse(t *testing.T) {
	p, err := startPen(t.Context(), built.penctl, shortDir(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, p.proc.end()) })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	console, err := launch{name: "console", path: exe, env: append(os.Environ(), asConsole+"="+p.link)}.start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(console.kill)
	ctx, cancel := context.WithTimeout(t.Context(), reactLimit)
	defer cancel()
	if _, _, err := console.out.find(ctx, 0, func(l []byte) bool { return string(l) == "armed" }); err != nil {
		t.Fatalf("%v%s", err, console.lastWords())
	}
	k := p.killInPulse(t, console)
	if lasted := k.off.At - k.on.At; lasted >= 900*time.Millisecond {
		t.Errorf("the pulse lasted %v: it ended by itself", lasted)
	}
	k.check(t)
}

// kill is what the pen's log says about a console that was killed.
type kill struct {
	at      time.Duration // of the kill, on the pen's clock
	on, off output        // RF
	standby output
}

// killInPulse pulls the trigger, kills the console as soon as RF is on, and
// reads what becomes of it. The trigger stays held.
func (p *pen) killInPulse(t *testing.T, console *process) (k kill) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	from := p.mark()
	must(p.hand(t.Context(), "contact", "on"))
	must(p.hand(t.Context(), "trigger", "down"))
	on, arrived, next, err := p.until(t.Context(), reactLimit, "RF on", from, func(o output) bool { return o.RF })
	must(err)
	// The line arrived a little after RF came on, so that the kill is put too
	// early on the pen's clock rather than too late: the check gets no easier.
	k.on, k.at = on, on.At+time.Since(arrived)
	console.kill()
	k.off, _, _, err = p.until(t.Context(), reactLimit, "RF off", next, func(o output) bool { return !o.RF })
	must(err)
	k.standby, _, _, err = p.until(t.Context(), reactLimit, "STANDBY", next, func(o output) bool { return o.State == "STANDBY" })
	must(err)
	if !k.standby.Trigger {
		t.Error("the trigger was let go: the test proves nothing")
	}
	t.Logf("killed %v into the pulse; RF off %v later, STANDBY %v later, cause %q",
		k.at-k.on.At, k.off.At-k.at, k.standby.At-k.at, k.standby.Cause)
	return k
}

// check holds a kill against safety.md section 4: RF off at most 300 ms later,
// STANDBY because of the lease.
func (k kill) check(t *testing.T) {
	t.Helper()
	if after := k.off.At - k.at; after > 300*time.Millisecond {
		t.Errorf("RF off %v after the kill, at most 300 ms", after)
	}
	if k.standby.Cause != "lease" {
		t.Errorf("STANDBY because of %q, want the lease", k.standby.Cause)
	}
}
