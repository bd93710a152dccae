package backup

import (
	"bytes"
	"crypto/sha256"
	"io"
)

// hashed lets write write a member, and returns its hash. Hashing takes about as long as
// encrypting; a goroutine that ends before hashed returns does it meanwhile.
func hashed(to io.Writer, write func(io.Writer) error) (sum []byte, err error) {
	h := &hashing{to: to, filled: make(chan []byte), free: make(chan []byte, hashBuffers)}
	for range hashBuffers {
		h.free <- nil // made when it is needed: most members are small
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := sha256.New()
		for b := range h.filled {
			s.Write(b)
			h.free <- b
		}
		sum = s.Sum(nil)
	}()
	defer func() { // also where write panics, which the store turns into an error
		close(h.filled)
		<-done
	}()
	return nil, write(h)
}

// hashing writes what it is given, and hands it on.
type hashing struct {
	to     io.Writer
	filled chan []byte
	free   chan []byte // to be filled: both have it behind them
}

// ReadFrom implements io.ReaderFrom, by which io.Copy hands over a large member.
func (h *hashing) ReadFrom(r io.Reader) (n int64, err error) {
	for err == nil {
		b := <-h.free
		if b == nil {
			b = make([]byte, hashBytes)
		}
		var got int
		if got, err = io.ReadFull(r, b[:hashBytes]); got == 0 {
			h.free <- b
			break
		}
		h.filled <- b[:got]
		n += int64(got)
		if _, failed := h.to.Write(b[:got]); failed != nil {
			return n, failed
		}
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

// Write implements io.Writer.
func (h *hashing) Write(p []byte) (int, error) {
	n, err := h.ReadFrom(bytes.NewReader(p))
	return int(n), err
}
