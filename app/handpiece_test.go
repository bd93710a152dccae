package app

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"stipple/device"
	"stipple/device/sim"
)

// A pen that is a process of its own is held by the window and by another program
// at once: each sees what the other does, and the window can change its tip.
func TestHandpieceElsewhere(t *testing.T) {
	port := filepath.Join(t.TempDir(), "pen")
	simulated, err := sim.New(sim.Config{Model: sim.N1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", port+handSuffix)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- simulated.Run(ctx) }()
	go func() { served <- sim.ServeHand(ctx, l, simulated.Hand()) }()
	p, err := choosePen(Options{Port: port}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		p.close()
		cancel()
		<-ran
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	p.joined(device.NewSupervisor(device.SupervisorConfig{Find: p.find, Open: p.open}))
	hand := p.hand()
	if err := simulated.Hand().Trigger(true); err != nil {
		t.Fatal(err)
	}
	if s, err := hand.State(); err != nil || !s.Trigger || s.Contact || !s.Tip || len(s.Faults) != 0 {
		t.Errorf("the window sees %+v, %v", s, err)
	}
	for _, act := range []func() error{
		func() error { return hand.Trigger(false) }, func() error { return hand.Contact(true) }, hand.RemoveTip,
		func() error { return hand.Fault(sim.SwitchMotorStall, true) },
	} {
		if err := act(); err != nil {
			t.Error(err)
		}
	}
	if s, err := hand.State(); err != nil || s.Trigger || !s.Contact || s.Tip || len(s.Faults) != 1 {
		t.Errorf("the window sees %+v, %v", s, err)
	}
	if err := hand.ChangeTip(); err != nil {
		t.Error(err)
	}
	if s, err := hand.State(); err != nil || !s.Tip {
		t.Errorf("after a change of the tip the window sees %+v, %v", s, err)
	}
}
