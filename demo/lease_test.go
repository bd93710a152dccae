package main

import (
	"context"
	"crypto/rand"
	"errors"
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
	s, err := device.Open(ctx, conn, device.Options{Port: port, Role: protocol.RoleClinician})
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
	out := testWriter{t}
	err := again(t.Context(), out, func(ctx context.Context) error { return longPulse(ctx, out, shortDir(t)) })
	if err != nil {
		t.Error(err)
	}
}

func longPulse(ctx context.Context, out io.Writer, dir string) (err error) {
	p, err := startPen(ctx, built.penctl, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.proc.end()) }()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	console, err := launch{name: "console", path: exe, env: append(os.Environ(), asConsole+"="+p.link)}.start()
	if err != nil {
		return err
	}
	defer console.kill()
	waiting, cancel := context.WithTimeout(ctx, reactLimit)
	defer cancel()
	if _, _, err := console.out.find(waiting, 0, func(l []byte) bool { return string(l) == "armed" }); err != nil {
		return fmt.Errorf("%w%s", err, console.lastWords())
	}
	k, err := p.killInPulse(ctx, out, console)
	if err != nil {
		return err
	}
	if lasted := k.off.At - k.on.At; lasted >= 900*time.Millisecond {
		return fmt.Errorf("the pulse lasted %v: it ended by itself", lasted)
	}
	return k.check()
}

// kill is what the pen's log says about a console that was killed.
type kill struct {
	at      time.Duration // of the kill, on the pen's clock
	on, off output        // RF
	standby output
}

// killInPulse pulls the trigger, kills the console as soon as RF is on, and
// reads what becomes of it. The trigger stays held.
func (p *pen) killInPulse(ctx context.Context, out io.Writer, console *process) (k kill, err error) {
	from := p.mark()
	if err = p.hand(ctx, "contact", "on"); err != nil {
		return k, err
	}
	if err = p.hand(ctx, "trigger", "down"); err != nil {
		return k, err
	}
	on, arrived, next, err := p.until(ctx, reactLimit, "RF on", from, func(o output) bool { return o.RF })
	if err != nil {
		return k, err
	}
	// The line arrived a little after RF came on, so that the kill is put too
	// early on the pen's clock rather than too late: the check gets no easier.
	k.on, k.at = on, on.At+time.Since(arrived)
	console.kill()
	if k.off, _, _, err = p.until(ctx, reactLimit, "RF off", next, func(o output) bool { return !o.RF }); err != nil {
		return k, err
	}
	if k.standby, _, _, err = p.until(ctx, reactLimit, "STANDBY", next, func(o output) bool { return o.State == "STANDBY" }); err != nil {
		return k, err
	}
	fmt.Fprintf(out, "killed %v into the pulse; RF off %v later, STANDBY %v later, cause %q",
		k.at-k.on.At, k.off.At-k.at, k.standby.At-k.at, k.standby.Cause)
	return k, nil
}

// check holds a kill against safety.md section 4: RF off at most 300 ms later,
// STANDBY because of the lease.
func (k kill) check() error {
	after := k.off.At - k.at
	switch {
	case !k.standby.Trigger:
		return errors.New("the trigger was let go: the test proves nothing")
	case after > protocol.EchoRF:
		return neverAgain{fmt.Errorf("RF off %v after the kill, at most %v", after, protocol.EchoRF)}
	case k.standby.Cause != "lease":
		return fmt.Errorf("STANDBY because of %q, want the lease", k.standby.Cause)
	}
	return nil
}
