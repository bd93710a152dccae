package backup

import (
	"context"
	"io"
)

// beside is a writer that a disk which never answers does not hold up: each chunk is
// written by a goroutine of its own, and the context ends the wait for it. stop ends
// that goroutine, once the system has let go of it.
func beside(ctx context.Context, to io.Writer) (w io.Writer, stop func()) {
	b := &besides{ctx: ctx, chunks: make(chan []byte), taken: make(chan taken, 1)}
	go func() {
		for chunk := range b.chunks {
			n, err := to.Write(chunk)
			b.taken <- taken{n, err}
		}
	}()
	return b, func() { close(b.chunks) }
}

// taken is what came of a chunk.
type taken struct {
	n   int
	err error
}

type besides struct {
	ctx    context.Context
	chunks chan []byte
	taken  chan taken
	chunk  []byte // what is being written; it is the goroutine's for that time
	gone   bool   // nobody may write any more
}

// Write hands a copy on, since whoever gives up takes p back.
func (b *besides) Write(p []byte) (int, error) {
	if b.gone {
		return 0, b.ctx.Err()
	}
	b.chunk = append(b.chunk[:0], p...)
	b.chunks <- b.chunk
	select {
	case t := <-b.taken:
		return t.n, t.err
	case <-b.ctx.Done():
		b.gone = true
		return 0, b.ctx.Err()
	}
}
