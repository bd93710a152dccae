package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// hexReader turns hexadecimal digits into bytes; white space between them does
// not count.
type hexReader struct {
	r    *bufio.Reader
	line int // lines read, for an error
}

func newHexReader(r io.Reader) *hexReader { return &hexReader{r: bufio.NewReader(r)} }

// Read implements io.Reader.
func (h *hexReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		high, err := h.digit()
		if err != nil {
			return n, err
		}
		low, err := h.digit()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("line %d: half a byte at the end", h.line+1)
		}
		if err != nil {
			return n, err
		}
		p[n] = high<<4 | low
		n++
	}
	return n, nil
}

func (h *hexReader) digit() (byte, error) {
	for {
		c, err := h.r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case c == '\n':
			h.line++
		case c == ' ' || c == '\t' || c == '\r':
		case c >= '0' && c <= '9':
			return c - '0', nil
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			return (c | 0x20) - 'a' + 10, nil
		default:
			return 0, fmt.Errorf("line %d: %q is no hexadecimal digit", h.line+1, c)
		}
	}
}
