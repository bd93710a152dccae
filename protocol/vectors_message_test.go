package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// header is the header that the vectors give a message.
func header(typ Type) Header {
	h := Header{Type: typ, Lane: typ.Lane(), Seq: 5, Session: sampleSession}
	switch {
	case typ == TypeHello:
		h.Seq, h.Session = 0, 0
	case typ == TypeHelloAck:
		h.Flags, h.Seq, h.Session = HasAck, 0, 0
	case typ == TypeStop:
		h.Session = 0
	case typ.FromPen() && (h.Lane == LaneCommand || h.Lane == LaneBulk):
		h.Flags, h.Seq, h.Ack = HasAck, 6, 0x1200
	}
	return h
}

func sender(typ Type) string {
	if typ.FromPen() {
		return "pen"
	}
	return "console"
}

func otherEnd(typ Type) string {
	if typ.FromPen() {
		return "console"
	}
	return "pen"
}

// reservedBits are where a type has bits that are sent as 0 and ignored; mask
// 0: it has none.
func reservedBits(typ Type) (at int, mask byte) {
	switch typ {
	case TypeStopped, TypeTipInfo:
		return 4, 0xFE
	case TypeHelloAck:
		return 14, 0xFE
	case TypeSettings:
		return 0, 0xFE
	case TypeService:
		return 1, 0xFE
	case TypeTestOutput:
		return 10, 0xFE
	case TypeTestReport:
		return 9, 0xFE
	case TypeStatus:
		return 71, 0xFF
	}
	return 0, 0
}

// messageVectors are the good and bad cases of each type.
func messageVectors() map[string]vector {
	out := make(map[string]vector)
	for _, c := range allTypeCases() {
		h := header(c.typ)
		add := func(slug, about string, h Header, payload []byte, o outcome, same *bool) {
			o2 := frameOutcome(h, payload)
			o2.Refused, o2.Field, o2.Message = o.Refused, o.Field, o.Message
			out["message/"+strings.ToLower(c.typ.String())+"_"+slug] = vector{
				About: c.typ.String() + ": " + about, From: sender(c.typ),
				Stream: hex.EncodeToString(AppendFrame(nil, h, payload)), Expect: []outcome{o2}, Reencodes: same,
			}
		}
		for _, s := range c.good {
			add("good_"+s.slug, s.about, h, s.msg.AppendPayload(nil), outcome{Message: messageFields(s.msg)}, ptr(true))
		}
		first := c.good[0].msg
		payload := first.AppendPayload(nil)
		if len(payload) < MaxPayload-3 {
			longer := append(payload[:len(payload):len(payload)], 0xDE, 0x00, 0xAD)
			add("good_longer", "three bytes more than this version knows are ignored", h, longer, outcome{Message: messageFields(first)}, ptr(false))
		}
		if sender(c.typ) == "console" && (h.Lane == LaneCommand || h.Lane == LaneBulk) {
			acked := h
			acked.Flags, acked.Ack = HasAck, 0x1200
			add("good_has_ack", "HAS_ACK on a request of a known type is ignored", acked, payload, outcome{Message: messageFields(first)}, ptr(true))
		}
		if c.last == "" {
			add("good_longest", "240 bytes of a later version are ignored", h, bytes.Repeat([]byte{0xA5}, MaxPayload), outcome{Message: messageFields(first)}, ptr(false))
		}
		if c.last != "" {
			info, _ := describe(c.typ)
			var pe *PayloadError
			if !errors.As(info.make().DecodePayload(nil), &pe) {
				panic(c.typ.String() + " decodes from nothing")
			}
			add("bad_empty", "no payload at all", h, nil, outcome{Refused: "payload", Field: pe.Field}, nil)
			add("bad_short", "the last byte is missing", h, payload[:len(payload)-1], outcome{Refused: "payload", Field: c.last}, nil)
		}
		for _, b := range c.broken {
			add("bad_"+b.slug, b.about, h, b.payload, outcome{Refused: "payload", Field: b.field}, nil)
		}
		if at, mask := reservedBits(c.typ); mask != 0 {
			full := bytes.Clone(payload)
			full[at] |= mask
			add("good_reserved", "every reserved bit set: ignored", h, full, outcome{Message: messageFields(first)}, ptr(false))
		}
		back := "message/" + strings.ToLower(c.typ.String()) + "_bad_direction"
		o := frameOutcome(h, payload)
		o.Refused = "direction"
		out[back] = vector{About: c.typ.String() + ": an echo, or sent by the wrong end", From: otherEnd(c.typ),
			Stream: hex.EncodeToString(AppendFrame(nil, h, payload)), Expect: []outcome{o}}
		for _, l := range []Lane{(c.typ.Lane() + 1) % LaneCount, (c.typ.Lane() + 2) % LaneCount, LaneCount} {
			if c.typ.OnLane(l) {
				continue
			}
			wrong := h
			wrong.Lane = l
			add(fmt.Sprintf("bad_lane_%d", l), fmt.Sprintf("on lane %d", l), wrong, payload, outcome{Refused: "lane"}, nil)
		}
	}
	return out
}
