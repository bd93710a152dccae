package link

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"stipple/protocol"
)

// ReplayConfig says how a recording is played.
type ReplayConfig struct {
	// To is which bytes are played: ToConsole is what the pen said, for something
	// that listens to a pen; ToPen is what the console said, for a simulated pen.
	To Direction
	// Speed is a factor; 1 is as recorded, 0 as fast as the other end takes it.
	Speed float64
	// Times is how often the recording is played; below 1 is once.
	Times int
	// NoUSB says that the port is known to have no USB identity. Without it
	// nothing is played to a pen: a pen with a plug may be a real one, whatever it
	// says of itself.
	NoUSB bool
	// Rand is the source of the nonce; nil means crypto/rand.
	Rand io.Reader
	// Progress is told how many bytes of the file are played, in all passes; nil:
	// nobody is.
	Progress func(bytes int64)
}

// ReplayStats says what was played.
type ReplayStats struct {
	Passes   int           // that came to the recording's end
	Records  uint64        // played
	Bytes    uint64        // played
	Gaps     uint64        // bytes that the recording lacks
	Answered uint64        // bytes that came back
	Recorded time.Duration // length of what was played, as recorded
	Took     time.Duration
	Behind   time.Duration // how late a record was at most
}

// Why nothing is played.
var (
	// ErrNotSimulated: what would be played to may be a real pen.
	ErrNotSimulated = errors.New("not a simulated pen")
	// ErrNoHello: nothing answers the hello.
	ErrNoHello = errors.New("nothing answers the hello")
	// ErrSpeed: no speed.
	ErrSpeed = errors.New("speed is not 0 or above")
)

// NotSimulatedError says what a replay refuses to play to. It is an
// ErrNotSimulated.
type NotSimulatedError struct {
	USB           bool // the port may have a USB identity; nobody was asked
	Model, Serial string
}

func (e *NotSimulatedError) Error() string {
	if e.USB {
		return ErrNotSimulated.Error() + ": the port has a USB identity"
	}
	return fmt.Sprintf("%v: %s %s says that it is a real one", ErrNotSimulated, e.Model, e.Serial)
}

// Unwrap makes it an ErrNotSimulated.
func (e *NotSimulatedError) Unwrap() error { return ErrNotSimulated }

// Replay plays a recording into conn, which it owns and has closed when it
// returns. To a pen it plays only if the port has no USB identity and the pen
// answers a hello and calls itself simulated: else the error is a
// *NotSimulatedError or ErrNoHello, and nothing was played. What comes back is
// read, so that the other end can't block, and not looked at.
//
// Other errors: ctx's; a *RecordingError, with ErrCut after everything that is
// there was played as often as asked for; conn's.
func Replay(ctx context.Context, file io.ReadSeeker, conn io.ReadWriteCloser, cfg ReplayConfig) (ReplayStats, error) {
	p := &player{conn: conn, cfg: cfg, acks: make(chan protocol.HelloAck, 1), start: time.Now()}
	if cfg.Rand == nil {
		p.cfg.Rand = rand.Reader
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = conn.Close()
	})
	var listener sync.WaitGroup
	listener.Go(p.listen)
	err := p.run(ctx, file)
	if !stop() {
		<-closed // a port that is still being closed stays busy for the next
	}
	err = errors.Join(err, conn.Close())
	listener.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	p.stats.Answered = p.answered
	p.stats.Took = time.Since(p.start)
	return p.stats, err
}

// player is a replay under way.
type player struct {
	conn  io.ReadWriteCloser
	cfg   ReplayConfig
	start time.Time
	stats ReplayStats
	base  time.Duration // length of the passes before this one
	read  int64         // bytes of the file in them
	batch []byte

	acks     chan protocol.HelloAck
	answered uint64 // of listen
}

func (p *player) run(ctx context.Context, file io.ReadSeeker) error {
	if !(p.cfg.Speed >= 0) || math.IsInf(p.cfg.Speed, 1) {
		return fmt.Errorf("%w: %v", ErrSpeed, p.cfg.Speed)
	}
	if p.cfg.To == ToPen {
		if err := p.admit(ctx); err != nil {
			return err
		}
	}
	p.start = time.Now()
	for pass := range max(1, p.cfg.Times) {
		if pass > 0 {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return fmt.Errorf("rewind recording: %w", err)
			}
		}
		err := p.pass(ctx, file)
		if err != nil && !errors.Is(err, ErrCut) {
			return err
		}
		p.stats.Passes++
		if pass+1 >= p.cfg.Times {
			return err
		}
	}
	return nil
}

// pass plays the recording once.
func (p *player) pass(ctx context.Context, file io.Reader) error {
	rd, err := NewReader(file)
	if err != nil {
		return err
	}
	var last time.Duration
	for {
		rec, err := rd.Next()
		if err != nil {
			p.base += last
			p.read += rd.Offset()
			p.stats.Recorded = p.base
			if full := p.flush(); full != nil {
				return full
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		last = rec.At
		p.stats.Gaps += rec.Gap.Lost()
		if len(rec.Bytes) == 0 || rec.To != p.cfg.To {
			continue
		}
		if err := p.play(ctx, rec); err != nil {
			return err
		}
		p.stats.Recorded = p.base + last
		if p.cfg.Progress != nil {
			p.cfg.Progress(p.read + rd.Offset())
		}
	}
}

// play plays one record when it is due.
func (p *player) play(ctx context.Context, rec Record) error {
	p.stats.Records++
	p.stats.Bytes += uint64(len(rec.Bytes))
	p.batch = append(p.batch, rec.Bytes...)
	if p.cfg.Speed == 0 {
		if len(p.batch) < replayBatch {
			return nil
		}
		return p.flush()
	}
	due := p.start.Add(time.Duration(float64(p.base+rec.At) / p.cfg.Speed))
	if wait := time.Until(due); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.stats.Behind = max(p.stats.Behind, time.Since(due))
	return p.flush()
}

func (p *player) flush() error {
	if len(p.batch) == 0 {
		return nil
	}
	_, err := p.conn.Write(p.batch)
	p.batch = p.batch[:0]
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}

// admit lets only a simulated pen through.
func (p *player) admit(ctx context.Context) error {
	if !p.cfg.NoUSB {
		return &NotSimulatedError{USB: true}
	}
	var seed [8]byte
	if _, err := io.ReadFull(p.cfg.Rand, seed[:]); err != nil {
		return fmt.Errorf("read randomness: %w", err)
	}
	hello := &protocol.Hello{MajorMin: protocol.Major, MajorMax: protocol.Major, Nonce: binary.LittleEndian.Uint64(seed[:])}
	frame := protocol.Append(nil, protocol.Header{}, hello)
	again := time.NewTicker(helloEvery)
	defer again.Stop()
	limit := time.NewTimer(protocol.CommandLimit)
	defer limit.Stop()
	for {
		if _, err := p.conn.Write(frame); err != nil {
			return fmt.Errorf("write hello: %w", err)
		}
		for waiting := true; waiting; {
			select {
			case ack := <-p.acks:
				if ack.Nonce != hello.Nonce {
					continue // of somebody's earlier hello
				}
				if !ack.Simulated {
					return &NotSimulatedError{Model: ack.Model, Serial: ack.Serial}
				}
				return nil
			case <-again.C:
				waiting = false
			case <-limit.C:
				return ErrNoHello
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// listen reads what comes back until conn is closed, and hands on answers to
// the hello while somebody wants them.
func (p *player) listen() {
	var dec protocol.Decoder
	buf := make([]byte, readBuffer)
	for {
		n, err := p.conn.Read(buf)
		p.answered += uint64(n)
		for rest := buf[:n]; p.cfg.To == ToPen && len(rest) > 0; {
			var f protocol.Frame
			var why error
			f, rest, why = dec.Next(rest)
			var ack protocol.HelloAck
			if why == nil && f.Type == protocol.TypeHelloAck && ack.DecodePayload(f.Payload) == nil {
				select {
				case p.acks <- ack:
				default:
				}
			}
		}
		if err != nil {
			return
		}
	}
}
