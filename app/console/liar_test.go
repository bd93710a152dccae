package console_test

import (
	"io"
	"sync/atomic"

	"stipple/protocol"
)

// lie changes what the pen says on its way to the console: it may change the
// header and the message, and returns what arrives instead; nil: nothing does.
type lie func(h *protocol.Header, m protocol.Message) protocol.Message

// liar is a line whose pen lies. Frames that it can't read pass as they are.
type liar struct {
	io.ReadWriteCloser
	lie *atomic.Pointer[lie]
	dec protocol.Decoder
	out []byte
}

func (l *liar) Read(p []byte) (int, error) {
	buf := make([]byte, 1024)
	for len(l.out) == 0 {
		n, err := l.ReadWriteCloser.Read(buf)
		l.bend(buf[:n])
		if err != nil && len(l.out) == 0 {
			return 0, err
		}
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

func (l *liar) bend(in []byte) {
	f := l.lie.Load()
	if f == nil {
		l.out = append(l.out, in...)
		return
	}
	for len(in) > 0 {
		frame, rest, err := l.dec.Next(in)
		in = rest
		if err != nil {
			continue // half a frame waits in the decoder, a damaged one is gone
		}
		h := frame.Header
		m, err := protocol.Decode(frame)
		if err != nil {
			l.out = append(l.out, protocol.AppendFrame(nil, h, frame.Payload)...)
			continue
		}
		if m = (*f)(&h, m); m != nil {
			l.out = append(l.out, protocol.Append(nil, h, m)...)
		}
	}
}

// bends is a lie about one type of message, told as long as it stands.
func bends[M protocol.Message](change func(M)) *lie {
	l := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
		if said, ok := m.(M); ok {
			change(said)
		}
		return m
	})
	return &l
}
