package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"stipple/app/clinical"
	"stipple/assets"
	"stipple/protocol"
)

// TestLimits: the rig's library is the program's but for the longest pulse of
// acne scars, and that is the longest of the pen.
func TestLimits(t *testing.T) {
	changed, err := longPulses()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := clinical.LoadLibrary(changed)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := clinical.LoadLibrary(assets.Limits)
	if err != nil {
		t.Fatal(err)
	}
	if ours.Hash == theirs.Hash || ours.Version != theirs.Version {
		t.Errorf("version %s and %s, hash %x and %x", ours.Version, theirs.Version, ours.Hash, theirs.Hash)
	}
	longest := func(lib *clinical.Library) int32 {
		q := clinical.Query{
			Pen: clinical.PenCapability{Kind: clinical.RF, Model: "R1", RatedPower: 50_000, NeedleTravel: 120},
			Tip: clinical.Tip{Present: true, Pins: 25, NeedleLength: 3500, RatedPower: 50_000}, Indication: indication, Zone: zone,
			Fitzpatrick: clinical.FitzpatrickIII, Role: clinical.RoleClinician, PulsesPerSpot: 1,
			Draft: clinical.Settings{Depth: 1500, Speed: 40, Power: 1000, Duration: 100},
		}
		q.Pen.Parameters = [clinical.ParameterCount]clinical.Range{
			{Min: 500, Max: 3500, Step: 100}, {Min: 30, Max: 120, Step: 1}, {Min: 0, Max: 50_000, Step: 100}, {Min: 10, Max: 1000, Step: 5},
		}
		e, err := lib.Effective(q)
		if err != nil {
			t.Fatal(err)
		}
		return e.ByParameter[clinical.Duration].Max.Value
	}
	if o, p := longest(ours), longest(theirs); o != 1000 || p != 300 {
		t.Errorf("longest pulse %d ms, of the program %d ms", o, p)
	}
}

// end is the far end of a port.
type end struct {
	bytes.Buffer
	err error
}

func (e *end) Close() error { return nil }

func (e *end) Write(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return e.Buffer.Write(b)
}

// TestPortTellsEachStopOnce: the first ESTOP of each stop, and nothing else;
// what is written arrives as it was.
func TestPortTellsEachStopOnce(t *testing.T) {
	r := &rig{lines: make(chan any, lineQueue)}
	far := &end{}
	p := r.port(far)
	stop := func(nonce uint32) []byte {
		return protocol.Append(nil, protocol.Header{}, &protocol.Stop{Nonce: nonce})
	}
	var sent []byte
	for _, c := range []struct {
		frame []byte
		told  int
	}{
		{protocol.Append(nil, protocol.Header{}, &protocol.Lease{}), 0},
		{stop(7), 1}, {stop(7), 1}, {protocol.Append(nil, protocol.Header{}, &protocol.TimeAsk{}), 1}, {stop(8), 2}, {[]byte("noise\x00"), 2},
	} {
		if n, err := p.Write(c.frame); err != nil || n != len(c.frame) {
			t.Fatalf("%d, %v", n, err)
		}
		sent = append(sent, c.frame...)
		if len(r.lines) != c.told {
			t.Errorf("%d lines after % x, want %d", len(r.lines), c.frame, c.told)
		}
	}
	if !bytes.Equal(far.Bytes(), sent) {
		t.Error("not what was written arrived")
	}
	for len(r.lines) > 0 {
		if e := (<-r.lines).(event); e.Event != "stop" || e.Mono <= 0 || e.Until < e.Mono {
			t.Errorf("%+v", e)
		}
	}
	far.err = errors.New("unplugged")
	if _, err := p.Write(stop(9)); !errors.Is(err, far.err) || len(r.lines) != 0 {
		t.Errorf("%v, %d lines", err, len(r.lines))
	}
}

// TestPortCountsWhatNeverCame: by the numbers of the live lane, over the wrap, and not
// from one session to the next; and the longest time without STATUS.
func TestPortCountsWhatNeverCame(t *testing.T) {
	r := &rig{lines: make(chan any, lineQueue)}
	far := &end{}
	p := r.port(far)
	status := func(session uint32, seq uint16) []byte {
		return protocol.Append(nil, protocol.Header{Lane: protocol.LaneLive, Session: session, Seq: seq}, &protocol.Status{})
	}
	for _, c := range []struct {
		frame   []byte
		missing int64
	}{
		{status(1, 65533), 0}, {status(1, 65534), 0}, {status(1, 0), 1}, {status(1, 3), 3}, {status(2, 0), 3}, {[]byte("noise\x00"), 3},
		{protocol.Append(nil, protocol.Header{Lane: protocol.LaneCommand, Session: 2, Seq: 9}, &protocol.SetRate{PerSecond: 50}), 3}, {status(2, 1), 3},
	} {
		far.Buffer.Write(c.frame)
		got := make([]byte, len(c.frame))
		if n, err := io.ReadFull(p, got); n != len(c.frame) || err != nil || !bytes.Equal(got, c.frame) {
			t.Fatal(n, err)
		}
		if r.missing.Load() != c.missing {
			t.Errorf("%d missing after % x, want %d", r.missing.Load(), c.frame, c.missing)
		}
	}
	if r.silent.Load() <= 0 {
		t.Error("no time between two STATUS")
	}
}

func TestCommandsThatAreNone(t *testing.T) {
	o := operator{rig: &rig{lines: make(chan any, lineQueue)}}
	for _, words := range [][]string{{"dance"}, {"freeze"}, {"freeze", "x"}, {"freeze", "0"}, {"freeze", "10001"}, {"pace"}, {"pace", "x"}, {"pace", "0"}, {"pace", "10001"}, {"backups"}, {"prepare"}} {
		a := o.obey(context.Background(), words)
		if a.Done != words[0] || a.Error == "" {
			t.Errorf("%v: %+v", words, a)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	}
}
