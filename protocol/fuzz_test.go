package protocol

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"
)

// FuzzFrame feeds a stream whole and in two pieces: the frames must be the
// same, each must encode to the bytes between its delimiters again, and the
// counts must add up.
func FuzzFrame(f *testing.F) {
	for _, v := range frameVectors() {
		f.Add(mustHex(f, v.Stream), uint16(7))
	}
	for _, v := range messageVectors() {
		f.Add(mustHex(f, v.Stream), uint16(40))
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		whole := frames(t, new(Decoder), stream)
		at := int(cut) % (len(stream) + 1)
		var d Decoder
		pieces := append(frames(t, &d, stream[:at]), frames(t, &d, stream[at:])...)
		if !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("whole: %d results, cut at %d: %d", len(whole), at, len(pieces))
		}
		for _, r := range whole {
			if r.err == "" && !bytes.Contains(append([]byte{0}, stream...), AppendFrame(nil, r.h, r.payload)) {
				t.Fatalf("frame %+v does not stand in the stream", r)
			}
		}
	})
}

// result is what one frame of a stream came to.
type result struct {
	h       Header
	payload []byte
	err     string
}

// frames collects what d makes of one piece of a stream.
func frames(t *testing.T, d *Decoder, piece []byte) (out []result) {
	before := d.Stats()
	for {
		f, rest, err := d.Next(piece)
		if errors.Is(err, ErrIncomplete) {
			break
		}
		if len(rest) >= len(piece) {
			t.Fatal("Next used nothing up")
		}
		piece = rest
		if err != nil {
			out = append(out, result{err: err.Error()})
			continue
		}
		out = append(out, result{h: f.Header, payload: bytes.Clone(f.Payload)})
	}
	s := d.Stats()
	if s.Dropped != s.TooLong+s.TooShort+s.COBS+s.Checksum+s.Version+s.Flags {
		t.Fatalf("counts do not add up: %+v", s)
	}
	if got := s.Frames + s.Dropped - before.Frames - before.Dropped; got != uint64(len(out)) {
		t.Fatalf("%d results, %d counted", len(out), got)
	}
	return out
}

// FuzzMessages decodes any payload as any type. What decodes must encode to
// the front of the payload again, but for reserved bits, and decode to the
// same once more.
func FuzzMessages(f *testing.F) {
	for _, c := range allTypeCases() {
		for _, s := range c.good {
			f.Add(byte(c.typ), s.msg.AppendPayload(nil))
		}
		for _, b := range c.broken {
			f.Add(byte(c.typ), b.payload)
		}
	}
	f.Add(byte(0x7E), []byte{1})
	f.Fuzz(func(t *testing.T, typ byte, payload []byte) {
		if len(payload) > MaxPayload {
			payload = payload[:MaxPayload]
		}
		before := bytes.Clone(payload)
		m, err := Decode(Frame{Header: Header{Type: Type(typ), Lane: Type(typ).Lane()}, Payload: payload})
		if !bytes.Equal(before, payload) {
			t.Fatal("the payload was changed")
		}
		if err != nil {
			if Type(typ).Known() && !errors.Is(err, ErrPayload) || !Type(typ).Known() && !errors.Is(err, ErrUnknownType) {
				t.Fatalf("type 0x%02X: error %v", typ, err)
			}
			return
		}
		checkCanonical(t, m, payload)
	})
}

// checkCanonical holds a decoded message to "what decodes re-encodes to the
// same bytes".
func checkCanonical(t interface{ Fatalf(string, ...any) }, m Message, payload []byte) {
	again := m.AppendPayload(nil)
	if len(again) > len(payload) {
		t.Fatalf("%v: %d bytes encode to %d", m.Type(), len(payload), len(again))
	}
	for i := range again {
		if again[i] != payload[i]&^reserved(m.Type(), i) {
			t.Fatalf("%v: byte %d is %02x, re-encoded %02x", m.Type(), i, payload[i], again[i])
		}
	}
	info, _ := describe(m.Type())
	second := info.make()
	if err := second.DecodePayload(again); err != nil {
		t.Fatalf("%v: own encoding refused: %v", m.Type(), err)
	}
	if !reflect.DeepEqual(m, second) {
		t.Fatalf("%v: decoded again to %+v, want %+v", m.Type(), second, m)
	}
}

// reserved are the bits of payload byte i that version 1 does not keep; SPEC.md
// section 4.2.
func reserved(t Type, i int) byte {
	if at, mask := reservedBits(t); mask != 0 && i == at {
		return mask
	}
	return 0
}

// FuzzDescriptor: what is accepted is valid, and is accepted again after its
// own encoding.
func FuzzDescriptor(f *testing.F) {
	for _, c := range descriptorCases(f) {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := ParseDescriptor(raw, sha256.Sum256(raw))
		if err != nil {
			if d != nil || !errors.Is(err, ErrDescriptor) {
				t.Fatalf("descriptor %v, error %v", d, err)
			}
			return
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		b, err := d.Encode()
		if errors.Is(err, ErrDescriptor) && len(raw) > MaxDescriptor/2 {
			return // the encoding names every key, the text need not
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseDescriptor(b, sha256.Sum256(b))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := again.Encode(); err != nil || !bytes.Equal(b, c) {
			t.Fatalf("encodes to %s, then to %s, error %v", b, c, err)
		}
	})
}
