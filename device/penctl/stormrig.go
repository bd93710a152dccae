package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/protocol"
)

// open makes the pen, or finds it, and puts observer and witness to it. What it
// returns closes what is open at the end.
func (w *weather) open(ctx context.Context) (closing func() error, err error) {
	if w.r.port != "" {
		return w.find(ctx)
	}
	d, err := sim.DescriptorOf(w.r.model)
	if err != nil {
		return nil, err
	}
	w.watch(&d, observerLag)
	pen, err := w.r.newPen(sim.Config{Model: w.r.model, Seed: w.r.seed, Probe: func(o sim.Outputs) {
		w.obs.Sample(observer.Sample{
			At: o.At, PowerMW: o.PowerMW, DepthUM: o.DepthUM, Moving: o.Moving, Trigger: o.Trigger, Contact: o.Contact, Tip: o.Tip,
			LoadOhm: o.LoadOhm, Late: max(w.now()-o.At-observerLag, 0),
		})
	}})
	if err != nil {
		return nil, err
	}
	near, far := link.Pipe()
	w.line = near
	w.hand = &stormHand{Handpiece: pen.Hand(), w: w, model: w.r.model}
	w.begin = time.Now()
	pen.Attach(w.wit.Line(far, w.now))
	w.runs, w.first = append(w.runs, pen.Run), func() error { return w.tellTip(pen.Hand()) }
	return func() error { return nil }, nil
}

// Times of the observer in real time.
const (
	// observerLag is what a goroutine may have to wait for a processor on a computer
	// that is not busy beyond measure; what the pen is late by besides is measured.
	observerLag = 20 * time.Millisecond
	// portLag is the same for a pen in another process: the way there, and a
	// sample of its outputs.
	portLag = 60 * time.Millisecond
	// lookEvery is how often the outputs of such a pen are looked at.
	lookEvery = 2 * time.Millisecond
)

func (w *weather) watch(d *protocol.Descriptor, lag time.Duration) {
	w.desc = d
	cfg := observer.ConfigOf(d)
	cfg.Lag, cfg.Coarse = lag, w.r.port != ""
	w.obs = observer.New(cfg)
	w.wit = observer.NewWitness(w.obs, *d)
	w.begin = time.Now()
}

// find opens a simulated pen that is there, and looks at it through its
// handpiece.
func (w *weather) find(ctx context.Context) (func() error, error) {
	port, err := w.c.choose(ctx, w.r.port)
	if err != nil {
		return nil, err
	}
	if port.USB() {
		return nil, &failure{exit: exitNoPen, text: fmt.Sprintf("%s has a USB identity: it may be a real pen, and a storm is for simulated ones", port.Path)}
	}
	info, err := w.meet(ctx)
	if err != nil {
		return nil, err
	}
	hand, err := sim.DialHand(w.r.port + handSuffix)
	if err != nil {
		return nil, &failure{exit: exitNoPen, text: fmt.Sprintf("no handpiece at %s: %v", w.r.port+handSuffix, err), cause: err}
	}
	conn, err := w.c.ports.open(port)
	if err != nil {
		return nil, errors.Join(err, hand.Close())
	}
	w.watch(info.Descriptor, portLag)
	// The storm's end of the line: what it writes reaches the pen.
	w.line = &farLine{ReadWriteCloser: conn, wit: w.wit, now: w.now}
	model := sim.N1
	if info.Descriptor.Kind == protocol.KindRF {
		model = sim.R1
	}
	e := &eyes{w: w, h: hand}
	w.hand = &stormHand{Handpiece: hand, w: w, model: model, eyes: e}
	if err := w.tellTip(hand); err != nil {
		return nil, errors.Join(err, conn.Close(), hand.Close())
	}
	w.runs = append(w.runs, e.run)
	return hand.Close, nil
}

// meet asks the pen who it is, and refuses one that is not simulated.
func (w *weather) meet(ctx context.Context) (device.Info, error) {
	s, err := w.c.open(ctx, w.r.port, 0)
	if err != nil {
		return device.Info{}, err
	}
	info := s.Info()
	if err := s.Close(); err != nil {
		return info, err
	}
	switch {
	case !info.Simulated:
		return info, &failure{exit: exitNoPen, text: fmt.Sprintf("%s %s is no simulated pen", info.Model, info.Serial)}
	case info.Monitor:
		return info, &failure{exit: exitRefused, text: fmt.Sprintf("%s %s can only be watched: %v", info.Model, info.Serial, info.MonitorReason)}
	}
	return info, nil
}

// eyes look at the outputs of a pen in another process. A hand that lets go for
// less time than lies between two looks is seen all the same: each of its acts is
// followed by one.
type eyes struct {
	w  *weather
	mu sync.Mutex // an act and the look behind it, or a look, at a time
	h  *sim.HandClient
	at time.Duration // of the newest look
}

func (e *eyes) run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := e.see(func() error { return nil }); err != nil {
			return err
		}
	}
}

// see looks once something is done.
func (e *eyes) see(act func() error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := act(); err != nil {
		return err
	}
	st, err := e.h.State()
	if err != nil {
		return err
	}
	now := e.w.now()
	s := observer.Sample{At: now, Moving: st.Motion, Trigger: st.Trigger, Contact: st.Contact, Tip: st.Tip != nil, LoadOhm: st.LoadOhm, Late: now - e.at}
	e.at = now
	if st.RF {
		s.PowerMW = e.w.desc.RatedPowerMW // how much can't be seen from here
	}
	e.w.obs.Sample(s)
	return nil
}

// tellTip tells the witness which tip is on.
func (w *weather) tellTip(h sim.Handpiece) error {
	st, err := h.State()
	if err != nil || st.Tip == nil {
		return err
	}
	w.wit.Tip(w.now(), protocol.TipInfo{
		ID: st.Tip.ID, Pins: st.Tip.Pins, NeedleLength: uint16(st.Tip.NeedleLengthUM), RatedPower: uint32(st.Tip.RatedPowerMW),
	})
	return nil
}

// stormHand is a handpiece as the storm's hand.
type stormHand struct {
	sim.Handpiece
	w     *weather
	model sim.Model
	eyes  *eyes // of a pen in another process; nil: its outputs are probed
}

func (h *stormHand) do(act func() error) error {
	if h.eyes == nil {
		return act()
	}
	return h.eyes.see(act)
}

// Trigger implements storm.Hand.
func (h *stormHand) Trigger(held bool) error {
	return h.do(func() error { return h.Handpiece.Trigger(held) })
}

// Contact implements storm.Hand.
func (h *stormHand) Contact(on bool) error {
	return h.do(func() error { return h.Handpiece.Contact(on) })
}

// Load implements storm.Hand.
func (h *stormHand) Load(ohms protocol.Ohms) error {
	return h.do(func() error { return h.LoadOhm(ohms) })
}

// Tip implements storm.Hand.
func (h *stormHand) Tip() error {
	if err := h.do(func() error { return h.ChangeTip(sim.TipFor(h.model)) }); err != nil {
		return err
	}
	return h.w.tellTip(h.Handpiece)
}

// farLine is the storm's end of a line whose other end is in another process:
// what is written to it is about to reach the pen, and what is read has left it.
type farLine struct {
	io.ReadWriteCloser
	wit *observer.Witness
	now func() time.Duration
}

// Read implements io.Reader.
func (l *farLine) Read(p []byte) (int, error) {
	n, err := l.ReadWriteCloser.Read(p)
	if n > 0 {
		l.wit.Left(l.now(), p[:n])
	}
	return n, err
}

// Write implements io.Writer.
func (l *farLine) Write(p []byte) (int, error) {
	l.wit.Arrived(l.now(), p)
	return l.ReadWriteCloser.Write(p)
}
