package conformance

import (
	"bytes"
	"hash/crc32"
	"time"

	"stipple/protocol"
)

func frameCases() []Case {
	return []Case{
		{"frame/request", "2", "a whole frame is answered", 0, func(t *trial) { t.alive() }},
		{"frame/no-leading-delimiter", "2", "one delimiter between two frames is enough", 0, frameSharedDelimiter},
		{"frame/many-delimiters", "2.5", "nothing between two delimiters is no frame and no error", 0, frameManyDelimiters},
		{"frame/byte-by-byte", "2.5", "a frame that comes one byte at a time is whole", 0, frameByteByByte},
		{"frame/longest", "2.1", "a payload of 240 bytes is taken: a frame of 256, stuffed to 258", 0, frameLongest},
		{"frame/too-long", "2.5", "over 258 bytes without a delimiter are skipped", 0, frameTooLong},
		{"frame/payload-241", "2.5", "a frame of 257 bytes with a right checksum is dropped", 0, framePayload241},
		{"frame/endless", "2.5", "8,192 bytes without a delimiter are skipped, and the next frame is whole", 0, frameEndless},
		{"frame/too-short", "2.5", "a frame that can't hold header and checksum is dropped", 0, frameTooShort},
		{"frame/every-byte-damaged", "2.3", "a frame with one wrong bit is dropped, whichever byte it is in", 0, frameDamaged},
		{"frame/checksum", "2.3", "no other checksum than CRC-32C is a way in: not 0, not that of Ethernet", 0, frameChecksum},
		{"frame/version", "2.5", "a frame format other than 1 is dropped", 0, frameVersion},
		{"frame/flags-unknown", "2.2", "a frame with one of the flags 4 to 7 is dropped", 0, frameFlagsUnknown},
		{"frame/flags-ignored", "2.2", "the flags 1 to 3 are ignored", 0, frameFlagsIgnored},
		{"frame/has-ack-ignored", "2.2", "HAS_ACK on a request of a known type is ignored", 0, frameHasAck},
		{"frame/stuffing-past-end", "2.4", "a code that points past the frame's end is dropped", 0, frameStuffing},
		{"frame/stuffing-second-form", "2.4", "a full group with an empty one behind it is dropped: there is a shorter form", 0, frameSecondForm},
		{"frame/text", "23", "the text of another device is skipped", 0, frameText},
		{"frame/half", "2.5", "after half a frame the next one is whole", 0, frameHalf},
		{"frame/delimiter-inside", "2.5", "a byte that has become a delimiter costs its own frame only", 0, frameDelimiterInside},
		{"frame/noise", "23", "4,096 bytes of noise change nothing and get no answer", 0, frameNoise},
	}
}

func frameSharedDelimiter(t *trial) {
	mark := t.mark()
	first, h1 := t.probe()
	second, h2 := t.probe()
	t.write(append(first, second[1:]...))
	t.reply(h1, mark)
	t.reply(h2, mark)
}

func frameManyDelimiters(t *trial) {
	b, h := t.probe()
	t.answered(append(make([]byte, 300), b...), h)
	b, h = t.probe()
	t.answered(append(b, make([]byte, 300)...), h)
}

func frameByteByByte(t *trial) {
	b, h := t.probe()
	mark := t.mark()
	for _, v := range b {
		t.write([]byte{v})
		t.wait(time.Millisecond)
	}
	t.reply(h, mark)
}

// longest is a TIP_READ with 240 bytes behind what the pen knows, none of them
// zero, so that it takes two code bytes.
func (t *trial) longest(size int) ([]byte, protocol.Header) {
	_, h := t.probe()
	return seal(bare(h, bytes.Repeat([]byte{0xEE}, size))), h
}

func frameLongest(t *trial) {
	b, h := t.longest(protocol.MaxPayload)
	t.answered(b, h)
}

func frameTooLong(t *trial) {
	t.recovers("259 bytes without a delimiter", append(bytes.Repeat([]byte{0x55}, protocol.MaxEncoded+1), 0))
}

func framePayload241(t *trial) {
	h := protocol.Header{Type: protocol.TypeTipRead, Lane: protocol.LaneCommand, Session: t.session, Seq: t.seq[protocol.LaneCommand] + 1}
	t.recovers("a frame of 257 bytes", seal(bare(h, bytes.Repeat([]byte{0xEE}, protocol.MaxPayload+1))))
}

func frameEndless(t *trial) {
	const size = 8192
	t.recovers("8,192 bytes without a delimiter", bytes.Repeat([]byte{0xA5}, size))
}

func frameTooShort(t *trial) {
	h := protocol.Header{Type: protocol.TypeTipRead, Lane: protocol.LaneCommand, Session: t.session}
	list := []junk{{"a frame of one byte", []byte{0, 1, 0}}}
	for n := range protocol.HeaderSize {
		list = append(list, junk{"a frame that is too short", seal(bare(h, nil)[:n])})
	}
	t.recoversAll(list)
}

// frameDamaged turns over one bit in each byte of a request. A bit that makes a
// zero cuts the frame in two, which is as good.
func frameDamaged(t *trial) {
	mark := t.mark()
	good, h := t.probe()
	for i := 1; i < len(good)-1; i++ {
		for _, bit := range []byte{0x01, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= bit
			t.write(bad)
		}
	}
	t.unanswered("frames with one wrong bit", mark)
	t.answered(good, h)
}

func frameChecksum(t *trial) {
	mark := t.mark()
	good, h := t.probe()
	raw := bare(h, nil)
	right := crc32.Checksum(raw, castagnoli)
	for _, crc := range []uint32{0, 0xFFFFFFFF, ^right, crc32.ChecksumIEEE(raw), right<<16 | right>>16} {
		t.write(sealWith(raw, crc))
	}
	t.unanswered("frames with another checksum", mark)
	t.answered(good, h)
}

// changed sends the next request with one byte of its header replaced, under a
// right checksum, which must not be answered; then the request itself.
func (t *trial) changed(what string, at int, values ...byte) {
	mark := t.mark()
	good, h := t.probe()
	for _, v := range values {
		raw := bare(h, nil)
		raw[at] = v
		t.write(seal(raw))
	}
	t.unanswered(what, mark)
	t.answered(good, h)
}

func frameVersion(t *trial) { t.changed("frames of another format", 0, 0, 2, 0x81, 0xFF) }

func frameFlagsUnknown(t *trial) {
	t.changed("frames with a flag that must be understood", 1, 0x10, 0x20, 0x40, 0x80, 0xF0, 0x11)
}

func frameFlagsIgnored(t *trial) {
	for _, flags := range []protocol.Flags{0x02, 0x04, 0x08, 0x0E} {
		_, h := t.probe()
		h.Flags = flags
		t.answered(seal(bare(h, nil)), h)
	}
}

func frameHasAck(t *trial) {
	_, h := t.probe()
	h.Flags, h.Ack = protocol.HasAck, 0x1234
	t.answered(seal(bare(h, nil)), h)
}

func frameStuffing(t *trial) {
	mark := t.mark()
	good, h := t.probe()
	for _, code := range []byte{0xFF, 0xFE, good[1] + 1, byte(len(good))} {
		bad := bytes.Clone(good)
		bad[1] = code
		t.write(bad)
	}
	t.unanswered("frames with a code past their end", mark)
	t.answered(good, h)
}

// frameSecondForm needs a raw frame of 254 bytes without a zero, so that the
// session number and the checksum must have none.
func frameSecondForm(t *trial) {
	const size = 254 - protocol.HeaderSize - 4
	for range 64 { // one session in 64 has a zero, so that 64 in a row have none of these never
		if !t.over() && bytes.IndexByte(bare(protocol.Header{Session: t.session}, nil)[8:12], 0) < 0 {
			break
		}
		t.hello()
	}
	h := protocol.Header{Type: protocol.TypeTipRead, Lane: protocol.LaneCommand, Flags: protocol.HasAck, Ack: 0x0101, Seq: 0x0101, Session: t.session}
	for filler := byte(1); filler != 0 && !t.over(); filler++ {
		good := seal(bare(h, bytes.Repeat([]byte{filler}, size)))
		if good[1] != 0xFF || len(good) != 254+3 {
			continue // a zero in the checksum
		}
		mark := t.mark()
		t.write(append(bytes.Clone(good[:len(good)-1]), 1, 0))
		t.unanswered("the longer form of a frame", mark)
		t.s.watch.asked(h)
		t.answered(good, h)
		return
	}
}

func frameText(t *trial) {
	t.recovers("text", []byte("\r\nboot: ok\r\nAT+GMR\r\n> M105\n"))
}

func frameHalf(t *trial) {
	other, _ := t.probe()
	t.recovers("half a frame", other[:len(other)/2])
	t.recovers("the other half", other[len(other)/2:])
}

func frameDelimiterInside(t *trial) {
	bad, _ := t.probe()
	bad[len(bad)/2] = 0
	t.recovers("a frame that is cut in two", bad)
}

func frameNoise(t *trial) {
	const size = 4096
	before := t.inState(protocol.StateStandby)
	noise := make([]byte, 0, size)
	for len(noise) < size && !t.over() {
		v := t.random()
		for range 8 {
			noise = append(noise, byte(v))
			v >>= 8
		}
	}
	t.recovers("noise", noise)
	after := t.inState(protocol.StateStandby)
	t.want(after.SettingsHash == before.SettingsHash && after.NewestPulse == before.NewestPulse, "nothing changed by noise", "%s", describeStatus(after))
}
