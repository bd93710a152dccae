package protocol

import "encoding/binary"

// le is the byte order of everything on the link.
var le = binary.LittleEndian

// wire reads a payload front to back. The first field that does not fit sets
// err; the reads behind it return zero, so that a decoder checks once.
type wire struct {
	typ Type
	b   []byte
	err error
}

func (w *wire) take(n int, field string) []byte {
	if w.err != nil {
		return nil
	}
	if len(w.b) < n {
		w.err = &PayloadError{Type: w.typ, Field: field, Why: "missing"}
		return nil
	}
	p := w.b[:n]
	w.b = w.b[n:]
	return p
}

func (w *wire) u8(field string) uint8 {
	if p := w.take(1, field); p != nil {
		return p[0]
	}
	return 0
}

func (w *wire) u16(field string) uint16 {
	if p := w.take(2, field); p != nil {
		return le.Uint16(p)
	}
	return 0
}

func (w *wire) u32(field string) uint32 {
	if p := w.take(4, field); p != nil {
		return le.Uint32(p)
	}
	return 0
}

func (w *wire) u64(field string) uint64 {
	if p := w.take(8, field); p != nil {
		return le.Uint64(p)
	}
	return 0
}

func (w *wire) i32(field string) int32 { return int32(w.u32(field)) }

func (w *wire) copy(dst []byte, field string) { copy(dst, w.take(len(dst), field)) }

// text reads a length byte and that many bytes of printable ASCII.
func (w *wire) text(limit int, field string) string {
	n := int(w.u8(field))
	if w.err == nil && n > limit {
		w.fail(field, "too long")
	}
	p := w.take(n, field)
	for _, c := range p {
		if c < 0x20 || c > 0x7E {
			w.fail(field, "not printable ASCII")
			return ""
		}
	}
	return string(p)
}

// count reads how many entries follow. It is 0 once anything is wrong, so that
// a loop over it does nothing.
func (w *wire) count(field string) int {
	n := int(w.u8(field))
	if n > MaxParameters {
		w.fail(field, "over 16")
		return 0
	}
	return n
}

func (w *wire) fail(field, why string) {
	if w.err == nil {
		w.err = &PayloadError{Type: w.typ, Field: field, Why: why}
	}
}

// appendText appends a length byte and the text, cut at limit bytes. Text that
// is not printable ASCII is appended as it is and refused by the other end.
func appendText(dst []byte, s string, limit int) []byte {
	if len(s) > limit {
		s = s[:limit]
	}
	dst = append(dst, byte(len(s)))
	return append(dst, s...)
}

// once reads what every command that must not happen twice begins with.
func (w *wire) once() (id uint64, role Role) {
	return w.u64("command_id"), Role(w.u8("role"))
}

// appendOnce appends a command id and a role: 9 bytes.
func appendOnce(dst []byte, id uint64, role Role) []byte {
	return append(le.AppendUint64(dst, id), byte(role))
}
