//go:build !windows

package ptyport

import (
	"context"
	"io"
	"testing"

	"stipple/device/sim"
	"stipple/protocol"
)

// helloOver opens a session as a console does and returns the answer.
func helloOver(t *testing.T, port io.ReadWriter, nonce uint64) protocol.HelloAck {
	t.Helper()
	if _, err := port.Write(protocol.Append(nil, protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: nonce})); err != nil {
		t.Fatal(err)
	}
	var dec protocol.Decoder
	buf := make([]byte, 512)
	for {
		n, err := port.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		for rest := buf[:n]; len(rest) > 0; {
			var f protocol.Frame
			if f, rest, err = dec.Next(rest); err != nil || f.Type != protocol.TypeHelloAck {
				continue
			}
			var ack protocol.HelloAck
			if err := ack.DecodePayload(f.Payload); err != nil {
				t.Fatal(err)
			}
			if ack.Nonce == nonce {
				return ack
			}
		}
	}
}

// A pen on a port serves one console after another, each of which just goes
// away, and ends while one is still there.
func TestPenOnAPort(t *testing.T) {
	pen, err := sim.New(sim.Config{Model: sim.R1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- pen.Run(ctx) }()
	p := open(t, "")
	pen.Attach(p)
	sessions := map[uint32]bool{}
	for nonce := range uint64(3) {
		f := console(t, p.Path())
		ack := helloOver(t, f, nonce+1)
		if ack.Serial != "0042" || !ack.Simulated || sessions[ack.Session] {
			t.Errorf("console %d: %+v", nonce, ack)
		}
		sessions[ack.Session] = true
		if nonce < 2 {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}
