package conformance

import (
	"encoding/binary"
	"hash/crc32"

	"stipple/protocol"
)

// What package protocol never makes: frames that are damaged on purpose.

// castagnoli is the polynomial of section 2.3.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bare is a frame before checksum and stuffing.
func bare(h protocol.Header, payload []byte) []byte {
	b := []byte{protocol.FrameVersion, byte(h.Flags), byte(h.Type), byte(h.Lane)}
	b = binary.LittleEndian.AppendUint16(b, h.Seq)
	b = binary.LittleEndian.AppendUint16(b, h.Ack)
	b = binary.LittleEndian.AppendUint32(b, h.Session)
	return append(b, payload...)
}

// seal adds the right checksum, stuffs and delimits.
func seal(b []byte) []byte { return sealWith(b, crc32.Checksum(b, castagnoli)) }

// sealWith is seal with another checksum.
func sealWith(b []byte, crc uint32) []byte {
	b = binary.LittleEndian.AppendUint32(append([]byte(nil), b...), crc)
	return append(append([]byte{0}, stuff(b)...), 0)
}

// stuff removes the zeros as section 2.4 says.
func stuff(b []byte) []byte {
	const full = 0xFF
	out := []byte{1}
	code := 0
	for _, v := range b {
		if out[code] == full {
			code = len(out)
			out = append(out, 1)
		}
		if v == 0 {
			code = len(out)
			out = append(out, 1)
			continue
		}
		out = append(out, v)
		out[code]++
	}
	return out
}

// probe is the next TIP_READ as one frame with its header: a request that
// changes nothing and that every pen answers.
func (t *trial) probe() ([]byte, protocol.Header) {
	h := t.next(protocol.LaneCommand)
	h.Type = protocol.TypeTipRead
	t.s.watch.asked(h)
	return protocol.Append(nil, h, &protocol.TipRead{}), h
}

// answered writes b, behind which the request with header h must be answered.
func (t *trial) answered(b []byte, h protocol.Header) {
	mark := t.mark()
	t.write(b)
	t.reply(h, mark)
}

// junk is what must be dropped, with its name.
type junk struct {
	what  string
	bytes []byte
}

// recovers writes what must be dropped, and a request directly behind it: only
// the request may be answered.
func (t *trial) recovers(what string, bytes []byte) { t.recoversAll([]junk{{what, bytes}}) }

// recoversAll is recovers for one after the other, with one silence at the end.
func (t *trial) recoversAll(list []junk) {
	mark := t.mark()
	asked := map[uint16]bool{}
	for _, j := range list {
		here := t.mark()
		b, h := t.probe()
		asked[h.Seq] = true
		t.write(append(append([]byte(nil), j.bytes...), b...))
		t.await("an answer to the request behind "+j.what, answerLimit, here, answers(h))
	}
	t.quiet("no answer to "+list[len(list)-1].what, mark, func(a arrival) bool {
		return anyReply(a) && (a.Lane != protocol.LaneCommand || !asked[a.Ack])
	})
}
