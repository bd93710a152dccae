package protocol

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// Sizes of a frame in bytes.
const (
	// FrameVersion is the frame format. It never changes; the protocol's own
	// major and minor version travel in HELLO.
	FrameVersion = 1
	// HeaderSize is ver, flags, type, lane, seq, ack and session.
	HeaderSize = 12
	// MaxPayload is the longest payload.
	MaxPayload = 240
	// crcSize is the CRC-32C behind the payload.
	crcSize = 4
	// MaxRaw is the longest frame before stuffing.
	MaxRaw = HeaderSize + MaxPayload + crcSize
	// MaxEncoded is the longest stuffed frame, without its two delimiters.
	MaxEncoded = MaxRaw + maxStuffing
	// MaxFrame is the longest frame on the wire, with both delimiters.
	MaxFrame = MaxEncoded + 2
)

// Flags of a frame. Bits 1 to 3 may be ignored by a receiver that does not
// know them; bits 4 to 7 must be understood, or the frame is dropped.
type Flags uint8

const (
	// HasAck says that Ack carries the seq of the message this one answers.
	HasAck Flags = 1 << 0
	// mustUnderstand are the flags that a receiver may not ignore.
	mustUnderstand Flags = 0xF0
)

// Lane is one of the four independent streams of a session. Each has its own
// sequence numbers in each direction.
type Lane uint8

// The lanes; SPEC.md section 3.
const (
	LaneStop Lane = iota
	LaneCommand
	LaneBulk
	LaneLive
	// LaneCount is the number of lanes.
	LaneCount = 4
)

// String is the specification's name of the lane.
func (l Lane) String() string {
	switch l {
	case LaneStop:
		return "stop"
	case LaneCommand:
		return "command"
	case LaneBulk:
		return "bulk"
	case LaneLive:
		return "live"
	}
	return fmt.Sprintf("lane %d", uint8(l))
}

// Header is what stands in front of every payload.
type Header struct {
	Flags   Flags // unknown bits 1 to 3 are kept as they came
	Type    Type
	Lane    Lane
	Seq     uint16 // one count for each lane and direction, from 0 in each session
	Ack     uint16 // meaningful only with HasAck
	Session uint32 // 0 before a hello; ESTOP and STOPPED are taken with any
}

// Newer says whether sequence number a is newer than b, across the wrap.
func Newer(a, b uint16) bool { return int16(a-b) > 0 }

// Frame is one decoded frame. Payload points into the decoder's buffer and is
// valid only until its next call.
type Frame struct {
	Header
	Payload []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendFrame appends the frame for h and payload to dst, delimiters
// included. It does not allocate if dst has room for MaxFrame bytes more. It
// panics if payload is over MaxPayload: no message of this package makes one.
func AppendFrame(dst []byte, h Header, payload []byte) []byte {
	start := len(dst)
	return seal(append(openFrame(dst, h), payload...), start)
}

// openFrame appends a delimiter, room for the first code byte and the header.
func openFrame(dst []byte, h Header) []byte {
	dst = append(dst, 0, 0, FrameVersion, byte(h.Flags), byte(h.Type), byte(h.Lane))
	dst = le.AppendUint16(dst, h.Seq)
	dst = le.AppendUint16(dst, h.Ack)
	return le.AppendUint32(dst, h.Session)
}

// seal ends the frame that openFrame began at dst[start], behind its payload:
// checksum, stuffing, delimiter.
func seal(dst []byte, start int) []byte {
	const front = 2 // delimiter and first code byte
	body := dst[start+front:]
	if len(body) > HeaderSize+MaxPayload {
		panic("protocol: payload over MaxPayload")
	}
	dst = le.AppendUint32(dst, crc32.Checksum(body, castagnoli))
	if stuffed := dst[start+1:]; len(stuffed) <= fullCode {
		stuffInPlace(stuffed)
		return append(dst, 0)
	}
	var raw [MaxRaw]byte
	n := copy(raw[:], dst[start+front:])
	return append(appendCOBS(dst[:start+1], raw[:n]), 0)
}

// Stats counts what a decoder has seen since it was made. Dropped is the sum
// of the fields behind it, each of which counts the error of the same name.
type Stats struct {
	Frames   uint64 // good frames
	Dropped  uint64 // frames dropped for any reason
	TooLong  uint64 // ErrTooLong
	TooShort uint64 // ErrTooShort
	COBS     uint64 // ErrCOBS
	Checksum uint64 // ErrChecksum
	Version  uint64 // ErrVersion
	Flags    uint64 // ErrFlags
}

// Decoder cuts a stream of bytes into frames. The zero value is ready to use.
// It holds one frame's bytes and never allocates. It must not be used by two
// goroutines at once.
type Decoder struct {
	buf   [MaxEncoded]byte
	n     int
	over  bool // the frame in buf is too long; skip to the next delimiter
	stats Stats
}

// Stats returns the counts so far.
func (d *Decoder) Stats() Stats { return d.stats }

// Next consumes bytes from the front of in until one frame is complete and
// returns it together with the bytes not yet consumed. ErrIncomplete means
// that in is used up. Any other error is the reason why one frame was
// dropped; call Next again with rest.
func (d *Decoder) Next(in []byte) (f Frame, rest []byte, err error) {
	for len(in) > 0 {
		if in[0] == 0 && d.n == 0 && !d.over {
			in = in[1:] // two delimiters in a row: nothing between frames
			continue
		}
		end := bytes.IndexByte(in, 0)
		chunk := in
		if end >= 0 {
			chunk = in[:end]
		}
		if d.n+len(chunk) > len(d.buf) {
			d.over = true
		}
		if !d.over {
			d.n += copy(d.buf[d.n:], chunk)
		}
		if end < 0 {
			break
		}
		err = d.finish(&f)
		return f, in[end+1:], err
	}
	return f, nil, ErrIncomplete
}

// finish decodes the frame in the buffer into f and empties the buffer. On an
// error f stays as it is.
func (d *Decoder) finish(f *Frame) error {
	n, over := d.n, d.over
	d.n, d.over = 0, false
	if over {
		return d.drop(&d.stats.TooLong, ErrTooLong)
	}
	raw, err := decodeCOBS(d.buf[:n])
	if err != nil {
		return d.drop(&d.stats.COBS, err)
	}
	if len(raw) < HeaderSize+crcSize {
		return d.drop(&d.stats.TooShort, ErrTooShort)
	}
	if len(raw) > MaxRaw {
		return d.drop(&d.stats.TooLong, ErrTooLong)
	}
	body := raw[:len(raw)-crcSize]
	if crc32.Checksum(body, castagnoli) != le.Uint32(raw[len(body):]) {
		return d.drop(&d.stats.Checksum, ErrChecksum)
	}
	if body[0] != FrameVersion {
		return d.drop(&d.stats.Version, ErrVersion)
	}
	// A stop is meant, whatever else its flags may mean.
	if Flags(body[1])&mustUnderstand != 0 && Type(body[2]) != TypeStop {
		return d.drop(&d.stats.Flags, ErrFlags)
	}
	f.Flags = Flags(body[1])
	f.Type = Type(body[2])
	f.Lane = Lane(body[3])
	f.Seq = le.Uint16(body[4:])
	f.Ack = le.Uint16(body[6:])
	f.Session = le.Uint32(body[8:])
	f.Payload = body[HeaderSize:]
	d.stats.Frames++
	return nil
}

func (d *Decoder) drop(count *uint64, err error) error {
	*count++
	d.stats.Dropped++
	return err
}
