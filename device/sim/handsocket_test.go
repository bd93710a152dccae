package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// served starts a pen and its handpiece's socket in real time.
func served(t *testing.T) (pen *Pen, path string) {
	t.Helper()
	pen, err := New(Config{Model: R1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "pen.ctl")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- pen.Run(ctx) }()
	go func() { ended <- ServeHand(ctx, l, pen.Hand()) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("ended with %v", err)
			}
		}
	})
	return pen, path
}

func TestHandOverSocket(t *testing.T) {
	pen, path := served(t)
	h, err := DialHand(path)
	if err != nil {
		t.Fatal(err)
	}
	tip := TipFor(R1)
	tip.ID, tip.BoundTreatment = 12345, TreatmentID{0xAB, 1}
	for _, err := range []error{h.Trigger(true), h.Contact(true), h.ChangeTip(tip), h.LoadOhm(200), h.Fault(SwitchOpenPin, true)} {
		if err != nil {
			t.Error(err)
		}
	}
	s, err := h.State()
	if err != nil || !s.Trigger || !s.Contact || s.Tip == nil || *s.Tip != tip || s.LoadOhm != 200 || fmt.Sprint(s.Faults) != "[open_pin]" || s.State != "STANDBY" {
		t.Errorf("%+v, %v", s, err)
	}
	if err := h.Fault("gremlin", true); !errors.Is(err, ErrFaultName) {
		t.Errorf("an unknown fault: %v", err)
	}
	if err := h.LoadOhm(MaxLoadOhm + 1); !errors.Is(err, ErrLoad) {
		t.Errorf("a load beyond the sensor: %v", err)
	}
	tip.Lot = strings.Repeat("x", 17)
	if err := h.ChangeTip(tip); !errors.Is(err, ErrTip) {
		t.Errorf("a broken tip: %v", err)
	}
	if err := h.Fault(SwitchOpenPin, false); err != nil {
		t.Error(err)
	}
	if err := h.RemoveTip(); err != nil {
		t.Error(err)
	}
	// A hand that loses its socket does not let go.
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := h.Trigger(false); !errors.Is(err, ErrHandLink) {
		t.Errorf("a closed client: %v", err)
	}
	if s, err = pen.Hand().State(); err != nil || !s.Trigger || !s.Contact || s.Tip != nil || len(s.Faults) != 0 {
		t.Errorf("afterwards %+v, %v", s, err)
	}
}

// What is no request is answered with an error, a line without end closes the
// connection, and neither harms the next one.
func TestHandSocketBadInput(t *testing.T) {
	_, path := served(t)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for _, bad := range []string{"", "{", "[]", `{"do":"fire"}`, `{"do":"tip"}`, `{"do":"trigger","on":"yes"}`, `{"do":"tip","tip":{"bound_treatment":"zz"}}`, "\x00\xff"} {
		if _, err := fmt.Fprintln(conn, bad); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() || !strings.Contains(lines.Text(), `"error"`) {
			t.Errorf("%q got %q, %v", bad, lines.Text(), lines.Err())
		}
	}
	// The server may close before it has read all of it.
	_, _ = conn.Write([]byte(strings.Repeat("x", 2*maxHandLine)))
	if lines.Scan() {
		t.Errorf("a line without end got %q", lines.Text())
	}
	h, err := DialHand(path)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if s, err := h.State(); err != nil || s.Trigger {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := DialHand(path + ".none"); !errors.Is(err, ErrHandLink) {
		t.Errorf("no socket: %v", err)
	}
}
