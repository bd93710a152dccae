package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mustHex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// allTypes are the types of this version in order.
func allTypes() []Type {
	var types []Type
	for i, info := range catalogue {
		if info.make != nil {
			types = append(types, Type(i))
		}
	}
	return types
}

func TestEveryTypeHasCases(t *testing.T) {
	var have []Type
	for _, c := range allTypeCases() {
		have = append(have, c.typ)
		if len(c.good) < 2 && c.last != "" {
			t.Errorf("%v has %d good cases", c.typ, len(c.good))
		}
		for _, s := range c.good {
			if s.msg.Type() != c.typ {
				t.Errorf("%v: sample of type %v", c.typ, s.msg.Type())
			}
			if n := len(s.msg.AppendPayload(nil)); n > MaxPayload {
				t.Errorf("%v %s: %d bytes", c.typ, s.slug, n)
			}
		}
	}
	slices.Sort(have)
	if !slices.Equal(have, allTypes()) {
		t.Errorf("cases for %v, catalogue has %v", have, allTypes())
	}
}

// drawMessage draws any message that its type can hold.
func drawMessage(t *rapid.T) Message {
	info, _ := describe(rapid.SampledFrom(allTypes()).Draw(t, "type"))
	m := info.make()
	fill(t, reflect.ValueOf(m).Elem())
	switch m := m.(type) {
	case *Hello:
		m.MajorMin, m.MajorMax = min(m.MajorMin, m.MajorMax), max(m.MajorMin, m.MajorMax)
	case *HelloAck:
		m.Session = max(m.Session, 1)
	case *TipInfo:
		m.Lot = m.Lot[:min(len(m.Lot), MaxLot)]
	case *Arm:
		m.CommandID |= 1
	case *DescriptorRead:
		m.Max = max(m.Max, 1)
	case *Pulse:
		m.Index = max(m.Index, 1)
	case *PulsePage:
		m.Pulses = m.Pulses[:min(len(m.Pulses), MaxPulsesPerPage)]
		index := rapid.Uint32Range(1, math.MaxUint32-MaxPulsesPerPage).Draw(t, "first index")
		for i := range m.Pulses {
			m.Pulses[i].Index = index + uint32(i)
		}
	case *LogPage:
		m.Records = m.Records[:min(len(m.Records), MaxRecordsPerPage)]
		index := rapid.Uint32Range(1, math.MaxUint32-MaxRecordsPerPage).Draw(t, "first index")
		for i := range m.Records {
			m.Records[i].Index = index + uint32(i)
		}
	case *LogNoted:
		m.Index = max(m.Index, 1)
	case *TipBind:
		m.TreatmentID[0] |= 1
	case *TestOutput:
		m.CommandID |= 1
	case *SelfTestReport:
		m.Passed &= m.Done
	case *CalTableReply:
		m.Table = m.Table[:min(len(m.Table), MaxCalTable)]
	case *CalWrite:
		m.Table = m.Table[:min(len(m.Table), MaxCalTable)]
	case *FirmwareWrite:
		if len(m.Data) == 0 {
			m.Data = []byte{0}
		}
	case *FirmwareState:
		m.Next = min(m.Next, m.Length)
	case *TimeTell:
		m.Received, m.Replied = min(m.Received, m.Replied), max(m.Received, m.Replied)
	}
	return m
}

// fill draws a value for every field of v.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Slice:
		limit := MaxParameters
		if v.Type().Elem().Kind() == reflect.Uint8 {
			limit = MaxChunk
		}
		n := rapid.IntRange(0, limit).Draw(t, "length")
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case reflect.String:
		v.SetString(rapid.StringMatching(`[ -~]{0,32}`).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int64:
		if v.Type() == reflect.TypeFor[Microjoules]() {
			v.SetInt(int64(rapid.Uint32().Draw(t, "dose")))
			return
		}
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Int16, reflect.Int32:
		v.SetInt(rapid.Int64().Draw(t, "int") >> (64 - v.Type().Bits()))
	default:
		v.SetUint(rapid.Uint64().Draw(t, "uint") >> (64 - v.Type().Bits()))
	}
}

func drawHeader(t *rapid.T, m Message) Header {
	return Header{
		Flags: Flags(rapid.Byte().Draw(t, "flags")) &^ mustUnderstand, Type: m.Type(), Lane: m.Type().Lane(),
		Seq: rapid.Uint16().Draw(t, "seq"), Ack: rapid.Uint16().Draw(t, "ack"), Session: rapid.Uint32().Draw(t, "session"),
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		h := drawHeader(t, m)
		b := Append([]byte("before"), h, m)
		if len(b)-len("before") > MaxFrame {
			t.Fatalf("%d bytes", len(b))
		}
		var d Decoder
		f, rest, err := d.Next(b[len("before"):])
		if err != nil || len(rest) != 0 || f.Header != h {
			t.Fatalf("header %+v, error %v, %d bytes left, want %+v", f.Header, err, len(rest), h)
		}
		got, err := Decode(f)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("got %+v, error %v, want %+v", got, err, m)
		}
		checkCanonical(t, got, f.Payload)
	})
}

// TestShorterIsRefused: no front part of a payload decodes, but for the types
// that have none.
func TestShorterIsRefused(t *testing.T) {
	for _, c := range allTypeCases() {
		for _, s := range c.good {
			payload := s.msg.AppendPayload(nil)
			for n := range payload {
				info, _ := describe(c.typ)
				if err := info.make().DecodePayload(payload[:n]); !errors.Is(err, ErrPayload) {
					t.Errorf("%v %s: %d of %d bytes: error %v", c.typ, s.slug, n, len(payload), err)
				}
			}
		}
	}
}

// TestOversizedListsAreCut: a list that no descriptor allows is cut at what a
// message holds and never ends the program.
func TestOversizedListsAreCut(t *testing.T) {
	e := Envelope{DosePerPin: -5, Ranges: make([]Range, 300)}
	for _, m := range []Message{
		&PutEnvelope{Envelope: e}, &EnvelopeReply{e}, &PutSettings{1, make([]Field, 300), RoleClinician},
		&SettingsReply{Values: make([]int32, 300), Verdicts: make([]Verdict, 300)},
		&DescriptorChunk{Data: make([]byte, 300)}, &PulsePage{Pulses: []Pulse{rfPulse(1), rfPulse(2), rfPulse(3)}},
		&LogPage{Records: []LogRecord{logRecord(1), logRecord(2), logRecord(3), logRecord(4), logRecord(5), logRecord(6), logRecord(7)}},
		&SelfTestReport{Readings: make([]Reading, 300)}, &FirmwareWrite{Data: make([]byte, 300)},
		&CalTableReply{Table: make([]byte, 300)}, &CalWrite{Table: make([]byte, 300)},
		&HelloAck{Session: 1, Model: string(bytes.Repeat([]byte{'x'}, 300))}, &TipInfo{Lot: string(bytes.Repeat([]byte{'x'}, 300))},
	} {
		b := Append(nil, Header{}, m)
		var d Decoder
		f, _, err := d.Next(b)
		if err != nil {
			t.Fatalf("%v: %v", m.Type(), err)
		}
		if _, err := Decode(f); err != nil {
			t.Errorf("%v: %v", m.Type(), err)
		}
	}
}

func TestDoseSaturates(t *testing.T) {
	for dose, want := range map[Microjoules]Microjoules{-1: 0, 0: 0, 1<<32 - 1: 1<<32 - 1, 1 << 32: 1<<32 - 1, 1 << 62: 1<<32 - 1} {
		var got PutEnvelope
		if err := got.DecodePayload((&PutEnvelope{Envelope: Envelope{DosePerPin: dose}}).AppendPayload(nil)); err != nil || got.Envelope.DosePerPin != want {
			t.Errorf("%d is sent as %d, error %v, want %d", dose, got.Envelope.DosePerPin, err, want)
		}
	}
}

// TestResync: whatever damage one frame suffers, the frames behind the next
// delimiter come out whole, and the damaged one not as another.
func TestResync(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		h := drawHeader(t, m)
		good := Append(nil, h, m)
		hurt := damage(t, good)
		tail := Append(nil, Header{Seq: 77, Session: 5}, &Lease{ArmID: 9, Clock: 10})
		var d Decoder
		stream := append(append(bytes.Clone(good), hurt...), append([]byte{0}, tail...)...)
		var got []Frame
		for {
			f, rest, err := d.Next(stream)
			if errors.Is(err, ErrIncomplete) {
				break
			}
			stream = rest
			if err == nil {
				f.Payload = bytes.Clone(f.Payload)
				got = append(got, f)
			}
		}
		if len(got) < 2 || got[0].Header != h || got[len(got)-1].Seq != 77 || got[len(got)-1].Type != TypeLease {
			t.Fatalf("frames %+v", got)
		}
		for _, f := range got[1 : len(got)-1] {
			if f.Header != h || !bytes.Equal(f.Payload, got[0].Payload) {
				t.Fatalf("damage made the frame %+v", f)
			}
		}
	})
}

// damage changes, drops, doubles, inserts or cuts bytes of a frame.
func damage(t *rapid.T, good []byte) []byte {
	b := bytes.Clone(good)
	for range rapid.IntRange(1, 4).Draw(t, "hits") {
		if len(b) == 0 {
			break
		}
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 1:
			b = slices.Delete(b, i, i+1)
		case 2:
			b = slices.Insert(b, i, b[i])
		case 3:
			b = slices.Insert(b, i, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "noise")...)
		case 4:
			b = b[:i]
		}
	}
	return b
}

// TestSplits: however a stream is cut into reads, the same frames come out.
func TestSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		for range rapid.IntRange(1, 5).Draw(t, "frames") {
			m := drawMessage(t)
			stream = Append(stream, drawHeader(t, m), m)
			stream = append(stream, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "noise")...)
		}
		read := func(next func(left int) int) (out []result) {
			var d Decoder
			for left := stream; len(left) > 0; {
				n := next(len(left))
				piece := left[:n]
				left = left[n:]
				for {
					f, rest, err := d.Next(piece)
					if errors.Is(err, ErrIncomplete) {
						break
					}
					piece = rest
					r := result{h: f.Header, payload: bytes.Clone(f.Payload)}
					if err != nil {
						r = result{err: err.Error()}
					}
					out = append(out, r)
				}
			}
			return out
		}
		whole := read(func(left int) int { return left })
		single := read(func(int) int { return 1 })
		mixed := read(func(left int) int { return rapid.IntRange(1, left).Draw(t, "read") })
		if !reflect.DeepEqual(whole, single) || !reflect.DeepEqual(whole, mixed) {
			t.Fatalf("whole %d, byte by byte %d, mixed %d results", len(whole), len(single), len(mixed))
		}
	})
}

// TestNoiseIsNoFrame: 8 MB of random bytes, a third of them delimiters' worth
// of short runs, hold no frame. A run passes its checksum once in 4 thousand
// million times.
func TestNoiseIsNoFrame(t *testing.T) {
	src := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	buf := make([]byte, 4096)
	for range 2048 {
		for i := range buf {
			buf[i] = byte(src.Uint32())
			if src.Uint32()%64 == 0 {
				buf[i] = 0
			}
		}
		for rest := buf; len(rest) > 0; {
			var err error
			if _, rest, err = d.Next(rest); err == nil {
				t.Fatal("a frame in random bytes")
			}
		}
	}
	if s := d.Stats(); s.Dropped < 10_000 || s.Checksum == 0 || s.COBS == 0 || s.TooShort == 0 {
		t.Fatalf("too little tried: %+v", s)
	}
}

// TestBitErrorsAreFound: no two wrong bits in a STATUS go unseen.
func TestBitErrorsAreFound(t *testing.T) {
	good := Append(nil, header(TypeStatus), sampleStatus())
	var d Decoder
	for i := range len(good) * 8 {
		for j := range i {
			b := bytes.Clone(good)
			b[i/8] ^= 1 << (i % 8)
			b[j/8] ^= 1 << (j % 8)
			for rest := append(b, 0); len(rest) > 0; {
				f, next, err := d.Next(rest)
				rest = next
				if err == nil {
					t.Fatalf("bits %d and %d turned over: %+v", i, j, f)
				}
			}
		}
	}
}

// TestEveryCut reads each frame vector in two pieces, cut at every place: the
// counts of an over-long frame must survive the end of a read, too.
func TestEveryCut(t *testing.T) {
	for name, v := range frameVectors() {
		stream := mustHex(t, v.Stream)
		whole := frames(t, new(Decoder), stream)
		for cut := range stream {
			var d Decoder
			got := append(frames(t, &d, stream[:cut]), frames(t, &d, stream[cut:])...)
			if !reflect.DeepEqual(got, whole) {
				t.Fatalf("%s cut at %d: %+v, want %+v", name, cut, got, whole)
			}
		}
	}
}

// TestFullGroups: frames around the length at which stuffing needs a second
// code byte, with and without a zero at either end.
func TestFullGroups(t *testing.T) {
	h := Header{Flags: HasAck | 2, Type: TypeEvent, Lane: LaneLive, Seq: 0x1111, Ack: 0x1111, Session: 0x11111111}
	for n := MaxPayload - 10; n <= MaxPayload; n++ {
		for _, zero := range []int{-1, 0, n - 1} {
			payload := bytes.Repeat([]byte{0x11}, n)
			if zero >= 0 {
				payload[zero] = 0
			}
			frame := AppendFrame(nil, h, payload)
			raw := append(openFrame(nil, h)[2:], payload...)
			if want := sealRaw(raw, true); !bytes.Equal(frame, want) {
				t.Fatalf("%d bytes, zero at %d:\n%x, want\n%x", n, zero, frame, want)
			}
			var d Decoder
			f, _, err := d.Next(frame)
			if err != nil || f.Header != h || !bytes.Equal(f.Payload, payload) {
				t.Fatalf("%d bytes, zero at %d: %+v, error %v", n, zero, f, err)
			}
		}
	}
}
