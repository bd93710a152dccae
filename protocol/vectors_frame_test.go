package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"testing"

	"stipple/protocol/testdata/vectors"
)

// sealRaw stuffs and delimits raw as it is; crc true appends the right
// checksum first.
func sealRaw(raw []byte, crc bool) []byte {
	raw = bytes.Clone(raw)
	if crc {
		raw = le.AppendUint32(raw, crc32.Checksum(raw, castagnoli))
	}
	return append(appendCOBS([]byte{0}, raw), 0)
}

// frameCase is one stream and what must come of it.
type frameCase struct {
	name, about string
	stream      []byte
	same        *bool
	expect      []outcome
}

// unknownCase is a frame of a type that this version does not know.
func unknownCase(name, about string, lane Lane, flags Flags) frameCase {
	h := Header{Type: 0x7E, Lane: lane, Flags: flags, Seq: 5, Session: sampleSession}
	o := frameOutcome(h, []byte{1, 2, 3})
	o.Refused = "unknown_type"
	return frameCase{name, about, AppendFrame(nil, h, []byte{1, 2, 3}), nil, []outcome{o}}
}

// frameVectors are the cases of the frame itself.
func frameVectors() map[string]vector {
	lease := &Lease{ArmID: sampleArmID, Clock: 93_417_250}
	h := header(TypeLease)
	payload := lease.AppendPayload(nil)
	good := Append(nil, h, lease)
	raw := openFrame(nil, h)[2:]
	raw = append(raw, payload...)
	whole := frameOutcome(h, payload)
	whole.Message = messageFields(lease)
	changed := func(i int, b byte) []byte {
		c := bytes.Clone(raw)
		c[i] = b
		return c
	}
	damaged := bytes.Clone(good)
	damaged[20] ^= 0x04
	pointsPast := bytes.Clone(good)
	pointsPast[1] = 0xF0
	flagged := h
	flagged.Flags = 0x0E
	longest := bytes.Repeat([]byte{0xEE}, MaxPayload)
	rawLongest := append(openFrame(nil, header(TypeEvent))[2:], longest...)
	event := new(Event)
	if err := event.DecodePayload(longest); err != nil {
		panic(err)
	}
	longestOutcome := frameOutcome(header(TypeEvent), longest)
	longestOutcome.Message = messageFields(event)
	unknown := h
	unknown.Type, unknown.Lane = 0x7E, LaneCommand
	unknownOutcome := frameOutcome(unknown, payload)
	unknownOutcome.Refused = "unknown_type"
	flaggedOutcome := whole
	flaggedOutcome.Header = frameOutcome(flagged, payload).Header
	stop := &Stop{Nonce: 0x5EED_0001}
	pressing := header(TypeStop)
	pressing.Flags = 0x90
	stopOutcome := frameOutcome(pressing, stop.AppendPayload(nil))
	stopOutcome.Message = messageFields(stop)
	ack := header(TypeRejected)
	ack.Lane = LaneBulk
	rejected := &Rejected{Request: TypePulseRead, Code: CodeBusy, Field: NoField}
	rejectedOutcome := frameOutcome(ack, rejected.AppendPayload(nil))
	rejectedOutcome.Message = messageFields(rejected)
	tooLong := append(append([]byte{0}, bytes.Repeat([]byte{0x55}, MaxEncoded+1)...), 0)
	fullThenEmpty := append(append([]byte{0, 0xFF}, bytes.Repeat([]byte{0x11}, 254)...), 0x01, 0)

	drop := func(why string) outcome { return outcome{Drop: why} }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	list := []frameCase{
		{"good_plain", "one frame", good, ptr(true), []outcome{whole}},
		{"good_no_leading_delimiter", "the leading delimiter is missing at the start of a stream", good[1:], ptr(false), []outcome{whole}},
		{"good_shared_delimiter", "two frames with one delimiter between them", join(good, good[1:]), ptr(false), []outcome{whole, whole}},
		{"good_many_delimiters", "empty space between delimiters is no frame and no error", join([]byte{0, 0, 0}, good, []byte{0, 0}, good), ptr(false), []outcome{whole, whole}},
		{"good_flags_ignored", "bits 1 to 3 of the flags may be set and are ignored", Append(nil, flagged, lease), nil, []outcome{flaggedOutcome}},
		{"good_stop_with_flags", "a stop is meant, whatever else flags 4 and 7 may mean", Append(nil, pressing, stop), nil, []outcome{stopOutcome}},
		{"good_longest", "a payload of 240 bytes without a zero: two code bytes", sealRaw(rawLongest, true), ptr(false), []outcome{longestOutcome}},
		{"good_rejected_on_bulk", "REJECTED answers a bulk request on the bulk lane", Append(nil, ack, rejected), ptr(true), []outcome{rejectedOutcome}},
		{"good_other_session", "a frame of another session is whole; the session drops it", sealRaw(changed(8, 0x99), true), ptr(true), []outcome{func() outcome {
			o := whole
			x := h
			x.Session = h.Session&^0xFF | 0x99
			o.Header = frameOutcome(x, payload).Header
			return o
		}()}},
		{"bad_noise_then_good", "text of another device before a frame", join([]byte("boot: ok\r\n> "), good), nil, []outcome{drop("stuffing"), whole}},
		{"bad_half_frame_then_good", "a frame that breaks off, then a whole one", join(good[:20], good), nil, []outcome{drop("stuffing"), whole}},
		{"bad_half_then_rest", "the second half of a frame, then a whole one", join(good[20:], good), nil, []outcome{drop("stuffing"), whole}},
		{"bad_delimiter_inside", "a byte of the frame has become a delimiter", join(good[:16], []byte{0}, good[17:], good), nil, []outcome{drop("stuffing"), drop("stuffing"), whole}},
		{"bad_no_end", "no delimiter at the end: nothing comes out yet", good[:len(good)-1], nil, []outcome{}},
		{"bad_checksum", "one bit of the payload turned over", damaged, nil, []outcome{drop("checksum")}},
		{"bad_checksum_zero", "a checksum of 0 is no way round it", sealRaw(append(bytes.Clone(raw), 0, 0, 0, 0), false), nil, []outcome{drop("checksum")}},
		{"bad_checksum_ieee", "the checksum of Ethernet and zip in place of CRC-32C", sealRaw(le.AppendUint32(bytes.Clone(raw), crc32.ChecksumIEEE(raw)), false), nil, []outcome{drop("checksum")}},
		{"bad_stuffing_past_end", "the first code points past the end", pointsPast, nil, []outcome{drop("stuffing")}},
		{"bad_stuffing_second_form", "a full group followed by an empty one: the same data has a shorter form", fullThenEmpty, nil, []outcome{drop("stuffing")}},
		{"bad_too_long", "259 bytes without a delimiter, then a good frame", join(tooLong, good), nil, []outcome{drop("too_long"), whole}},
		{"bad_payload_241", "a payload of 241 bytes with a right checksum", sealRaw(append(bytes.Clone(rawLongest), 0), true), nil, []outcome{drop("too_long")}},
		{"bad_too_short", "11 bytes of header", sealRaw(raw[:11], true), nil, []outcome{drop("too_short")}},
		{"bad_single_byte", "one byte between two delimiters", []byte{0, 1, 0}, nil, []outcome{drop("too_short")}},
		{"bad_version_0", "frame format 0", sealRaw(changed(0, 0), true), nil, []outcome{drop("version")}},
		{"bad_version_2", "frame format 2", sealRaw(changed(0, 2), true), nil, []outcome{drop("version")}},
		{"bad_flag_4", "flag bit 4 must be understood", sealRaw(changed(1, 0x10), true), nil, []outcome{drop("flags")}},
		{"bad_flag_7", "flag bit 7 must be understood", sealRaw(changed(1, 0x81), true), nil, []outcome{drop("flags")}},
		{"bad_unknown_type", "a type of a later version: UNSUPPORTED once", AppendFrame(nil, unknown, payload), nil, []outcome{unknownOutcome}},
		unknownCase("bad_unknown_reply", "a type of a later version that is itself an answer: never answered", LaneCommand, HasAck),
		unknownCase("bad_unknown_stop", "a type of a later version on the stop lane: never answered", LaneStop, 0),
		unknownCase("bad_unknown_bulk", "a type of a later version on the bulk lane: UNSUPPORTED once", LaneBulk, 0),
		unknownCase("bad_unknown_live", "a type of a later version on the live lane: never answered", LaneLive, 0),
		{"bad_lane_4", "there is no lane 4", sealRaw(changed(3, 4), true), nil, []outcome{func() outcome {
			o := frameOutcome(func() Header { x := h; x.Lane = 4; return x }(), payload)
			o.Refused = "lane"
			return o
		}()}},
	}
	out := make(map[string]vector)
	for _, c := range list {
		from := "console"
		if c.name == "good_longest" || c.name == "good_rejected_on_bulk" || c.name == "bad_payload_241" {
			from = "pen"
		}
		out["frame/"+c.name] = vector{About: c.about, From: from, Stream: hex.EncodeToString(c.stream), Expect: c.expect, Reencodes: c.same}
	}
	return out
}

// cobsCases are bytes and their one stuffed form.
func cobsCases() map[string][]byte {
	run := func(n int) []byte { return bytes.Repeat([]byte{0x11}, n) }
	return map[string][]byte{
		"good_empty": {}, "good_zero": {0}, "good_two_zeros": {0, 0}, "good_text": []byte("stipple"), "good_mixed": {0x11, 0, 0, 0x22, 0x33, 0},
		"good_253": run(253), "good_254": run(254), "good_255": run(255), "good_254_zero": append(run(254), 0),
		"good_254_zero_zero": append(run(254), 0, 0), "good_253_zero": append(run(253), 0), "good_zero_254": append([]byte{0}, run(254)...),
		"good_508": run(508), "good_509": run(509), "good_254_zero_254": append(append(run(254), 0), run(254)...),
	}
}

// badStuffings are stuffed forms that no encoder makes.
func badStuffings() map[string][]byte {
	run := bytes.Repeat([]byte{0x11}, 254)
	return map[string][]byte{
		"bad_empty": {}, "bad_past_end": {5, 0x11, 0x22}, "bad_second_past_end": {2, 0x11, 3, 0x22},
		"bad_full_group_short": append([]byte{0xFF}, run[:253]...), "bad_full_then_empty": append(append([]byte{0xFF}, run...), 1),
		"bad_two_full_then_empty": append(append(append([]byte{0xFF}, run...), append([]byte{0xFF}, run...)...), 1),
	}
}

func cobsVectors() map[string]vector {
	out := make(map[string]vector)
	for name, raw := range cobsCases() {
		out["cobs/"+name] = vector{About: "bytes and their stuffed form", Raw: ptr(hex.EncodeToString(raw)), Stuffed: ptr(hex.EncodeToString(appendCOBS(nil, raw)))}
	}
	for name, stuffed := range badStuffings() {
		out["cobs/"+name] = vector{About: "a stuffed form that must be refused", Stuffed: ptr(hex.EncodeToString(stuffed)), Accepted: ptr(false)}
	}
	return out
}

func TestCOBSVectors(t *testing.T) {
	list, err := vectors.COBSCases()
	if err != nil || len(list) != len(cobsCases())+len(badStuffings()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		got, err := decodeCOBS(bytes.Clone(v.Stuffed))
		if v.Raw == nil {
			if !errors.Is(err, ErrCOBS) {
				t.Errorf("%s: decoded to %x, error %v, want ErrCOBS", v.Name, got, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, v.Raw) {
			t.Errorf("%s: decoded to %x, error %v, want %x", v.Name, got, err, v.Raw)
		}
		if again := appendCOBS(nil, v.Raw); !bytes.Equal(again, v.Stuffed) {
			t.Errorf("%s: stuffed to %x, want %x", v.Name, again, v.Stuffed)
		}
	}
}
