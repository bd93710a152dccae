package conformance_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"stipple/device/sim"
	"stipple/protocol"
	"stipple/protocol/conformance"
)

// crooked stands between the suite and a sound pen and makes it a broken one,
// in ways that concern the link itself. What the console writes is cut at its
// delimiters and given to down, which returns what the pen gets; each frame of
// the pen is given to up, which returns what the console gets.
type crooked struct {
	io.ReadWriteCloser
	down func(stuffed []byte) []byte
	up   func(h protocol.Header, payload []byte) []byte

	half []byte // of a frame to the pen
	dec  protocol.Decoder
	out  []byte // for the console
}

func (c *crooked) Write(b []byte) (int, error) {
	if c.down == nil {
		return c.ReadWriteCloser.Write(b)
	}
	var to []byte
	for _, v := range b {
		if v != 0 {
			c.half = append(c.half, v)
			continue
		}
		to = append(append(to, c.down(c.half)...), 0)
		c.half = nil
	}
	if _, err := c.ReadWriteCloser.Write(to); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c *crooked) Read(b []byte) (int, error) {
	if c.up == nil {
		return c.ReadWriteCloser.Read(b)
	}
	buf := make([]byte, len(b))
	for len(c.out) == 0 {
		n, err := c.ReadWriteCloser.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			var f protocol.Frame
			var why error
			if f, rest, why = c.dec.Next(rest); why == nil {
				c.out = append(c.out, c.up(f.Header, f.Payload)...)
			}
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(b, c.out)
	c.out = c.out[n:]
	return n, nil
}

// raw undoes the stuffing, however broken it is; nil: it can't be undone.
func raw(stuffed []byte) []byte {
	var out []byte
	for len(stuffed) > 0 {
		n := int(stuffed[0])
		if n > len(stuffed) {
			return nil
		}
		out = append(out, stuffed[1:n]...)
		if stuffed = stuffed[n:]; n < 255 && len(stuffed) > 0 {
			out = append(out, 0)
		}
	}
	return out
}

// again makes a whole frame of raw bytes, with a right checksum, without its
// delimiters.
func again(raw []byte) []byte {
	h := protocol.Header{
		Flags: protocol.Flags(raw[1]), Type: protocol.Type(raw[2]), Lane: protocol.Lane(raw[3]), Seq: binary.LittleEndian.Uint16(raw[4:]),
		Ack: binary.LittleEndian.Uint16(raw[6:]), Session: binary.LittleEndian.Uint32(raw[8:]),
	}
	return bytes.Trim(protocol.AppendFrame(nil, h, raw[protocol.HeaderSize:len(raw)-4]), "\x00")
}

// sound says whether raw bytes are long enough for a frame, and their checksum
// is right.
func sound(raw []byte) (whole, right bool) {
	if len(raw) < protocol.HeaderSize+4 || len(raw) > protocol.MaxRaw {
		return false, false
	}
	body := raw[:len(raw)-4]
	return true, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) == binary.LittleEndian.Uint32(raw[len(body):])
}

// passed is a frame of the pen as it was.
func passed(h protocol.Header, payload []byte) []byte { return protocol.AppendFrame(nil, h, payload) }

// header changes the raw bytes of whole frames on their way to the pen.
func header(change func(raw []byte)) func([]byte) []byte {
	return func(stuffed []byte) []byte {
		b := raw(stuffed)
		if _, right := sound(b); !right || b[0] != protocol.FrameVersion {
			return stuffed
		}
		change(b)
		return again(b)
	}
}

// mistake is a broken pen, and the case that must see it.
type mistake struct {
	name, caught string
	make         func() *crooked
}

// misheard are pens that take what they must not, or not what they must.
func misheard() []mistake {
	down := func(name, caught string, change func() func([]byte) []byte) mistake {
		return mistake{name, caught, func() *crooked { return &crooked{down: change()} }}
	}
	return []mistake{
		down("a wrong checksum is taken", "frame/checksum", func() func([]byte) []byte {
			return func(stuffed []byte) []byte {
				b := raw(stuffed)
				if whole, right := sound(b); whole && !right && b[0] == protocol.FrameVersion {
					return again(b)
				}
				return stuffed
			}
		}),
		down("flags that must be understood are ignored", "frame/flags-unknown", func() func([]byte) []byte {
			return header(func(b []byte) { b[1] &= 0x0F })
		}),
		down("the frame behind a bad one is lost", "frame/text", func() func([]byte) []byte {
			bad := false
			return func(stuffed []byte) []byte {
				_, right := sound(raw(stuffed))
				lost := bad && len(stuffed) > 0
				if len(stuffed) > 0 {
					bad = !right
				}
				if lost {
					return nil
				}
				return stuffed
			}
		}),
		down("ESTOP counts on its lane alone", "stop/any-lane", func() func([]byte) []byte {
			return header(func(b []byte) {
				if b[2] == byte(protocol.TypeStop) && b[3] != byte(protocol.LaneStop) {
					b[2] = 0x7F
				}
			})
		}),
		down("ESTOP counts in a session alone", "stop/any-session", func() func([]byte) []byte {
			return header(func(b []byte) {
				if b[2] == byte(protocol.TypeStop) && binary.LittleEndian.Uint32(b[8:]) == 0 {
					b[2] = 0x7F
				}
			})
		}),
		down("longer payloads are not taken", "payload/longer", func() func([]byte) []byte {
			return func(stuffed []byte) []byte {
				b := raw(stuffed)
				if _, right := sound(b); right && b[2] == byte(protocol.TypeGetSettings) && len(b) > protocol.HeaderSize+4 {
					return nil
				}
				return stuffed
			}
		}),
	}
}

// misspoken are pens that say something else than what is so.
func misspoken() []mistake {
	up := func(name, caught string, change func(h protocol.Header, payload []byte) []byte) mistake {
		return mistake{name, caught, func() *crooked { return &crooked{up: change} }}
	}
	changed := func(typ protocol.Type, change func(p []byte)) func(protocol.Header, []byte) []byte {
		return func(h protocol.Header, payload []byte) []byte {
			if h.Type == typ {
				change(payload)
			}
			return passed(h, payload)
		}
	}
	n := 0
	return []mistake{
		up("STATUS comes 10 times a second", "status/rate", func(h protocol.Header, payload []byte) []byte {
			if n++; h.Type == protocol.TypeStatus && n%2 == 0 {
				return nil
			}
			return passed(h, payload)
		}),
		up("live frames begin at 1", "hello/lanes-from-0", func(h protocol.Header, payload []byte) []byte {
			if h.Lane == protocol.LaneLive {
				h.Seq++
			}
			return passed(h, payload)
		}),
		up("refusals name no bound", "range/depth", changed(protocol.TypeSettings, func(p []byte) {
			for at := len(p) - 6; at > 23 && len(p) > 40; at -= 6 {
				copy(p[at+2:], []byte{0, 0, 0, 0})
			}
		})),
		up("reserved bits are set", "always/payloads", changed(protocol.TypeSettings, func(p []byte) { p[0] |= 0x80 })),
		up("the settings hash is another one", "settings/hash", changed(protocol.TypeSettings, func(p []byte) {
			if p[15] != 0 {
				p[15] ^= 1
			}
		})),
		up("events repeat their index", "always/events", changed(protocol.TypeEvent, func(p []byte) { p[0] &^= 1 })),
		up("flag LEASE is always set", "always/status", changed(protocol.TypeStatus, func(p []byte) { p[2] |= byte(protocol.FlagLease) })),
		up("TIME_TELL has a clock of its own", "time/one-clock", changed(protocol.TypeTimeTell, func(p []byte) { p[11]++; p[19]++ })),
		up("the descriptor is not that of its digest", "descriptor/valid", changed(protocol.TypeDescriptorChunk, func(p []byte) {
			if len(p) > 20 && p[0] == 0 && p[1] == 0 {
				p[12]++
			}
		})),
		up("STOPPED has another nonce", "stop/standby", changed(protocol.TypeStopped, func(p []byte) { p[3] ^= 0xFF })),
		up("log records have the checksum of others", "log/sound", changed(protocol.TypeLogPage, func(p []byte) {
			if len(p) > 40 {
				p[40] ^= 1
			}
		})),
	}
}

// A pen that is broken fails the case that is about it, whatever else it fails.
func TestBrokenPenIsCaught(t *testing.T) {
	for _, m := range append(misheard(), misspoken()...) {
		t.Run(m.caught+", "+m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, sim.R1)
				report, err := conformance.Run(t.Context(), conformance.Config{
					Dial: dial(pen, func(near io.ReadWriteCloser) io.ReadWriteCloser {
						c := m.make()
						c.ReadWriteCloser = near
						return c
					}),
					Only: m.caught + ",arm/accepted", // what always holds needs something to hold for
				})
				if failed := failedCases(report); !slices.Contains(failed, m.caught) {
					t.Errorf("failed %v, error %v", failed, err)
				}
			})
		})
	}
}
