package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// threeRecords is a recording of 1 s: two pieces of the pen, one of the
// console, a gap and a note.
func threeRecords(t *testing.T) *bytes.Reader {
	return bytes.NewReader(recording(t, Header{Start: testStart},
		Record{At: 100 * time.Millisecond, To: ToConsole, Bytes: []byte("one")},
		Record{At: 200 * time.Millisecond, To: ToPen, Bytes: []byte("ask")},
		Record{At: 300 * time.Millisecond, Gap: Gap{ToConsole: 9}},
		Record{At: 400 * time.Millisecond, To: ToConsole, Bytes: []byte("two")},
		Record{At: time.Second, Key: "end", Value: "of it"}))
}

// listen collects what arrives at an end, and when, until it is closed.
func listen(end io.Reader) (result func() []got) {
	start, list, done := time.Now(), []got(nil), make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := end.Read(buf)
			if n > 0 {
				list = append(list, got{time.Since(start), string(buf[:n])})
			}
			if err != nil {
				return
			}
		}
	}()
	return func() []got { <-done; return list }
}

func TestReplayKeepsTime(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, c := range []struct {
		speed float64
		times int
		want  []got
		took  time.Duration
	}{
		{1, 0, []got{{ms(100), "one"}, {ms(400), "two"}}, ms(400)},
		{1, 2, []got{{ms(100), "one"}, {ms(400), "two"}, {ms(1100), "one"}, {ms(1400), "two"}}, ms(1400)},
		{2, 1, []got{{ms(50), "one"}, {ms(200), "two"}}, ms(200)},
		{0.1, 1, []got{{ms(1000), "one"}, {ms(4000), "two"}}, ms(4000)},
		{0, 3, []got{{0, "onetwo"}, {0, "onetwo"}, {0, "onetwo"}}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := Pipe()
			heard := listen(far)
			mustWrite(t, far, "question")
			var progress int64
			file := threeRecords(t)
			stats, err := Replay(context.Background(), file, slowStart{near}, ReplayConfig{
				To: ToConsole, Speed: c.speed, Times: c.times, Progress: func(n int64) { progress = n },
			})
			if err != nil {
				t.Error(err)
			}
			times := max(c.times, 1)
			want := ReplayStats{Passes: times, Records: uint64(2 * times), Bytes: uint64(6 * times), Gaps: uint64(9 * times),
				Answered: 8, Recorded: time.Duration(times) * time.Second, Took: c.took}
			if stats != want {
				t.Errorf("speed %v: stats %+v, want %+v", c.speed, stats, want)
			}
			if progress == 0 || progress > file.Size()*int64(times) {
				t.Errorf("progress %d of %d", progress, file.Size())
			}
			if list := heard(); !reflect.DeepEqual(list, c.want) {
				t.Errorf("speed %v: heard %v, want %v", c.speed, list, c.want)
			}
		})
	}
}

// slowStart lets the other end read each write before the next.
type slowStart struct{ io.ReadWriteCloser }

func (s slowStart) Write(p []byte) (int, error) {
	n, err := s.ReadWriteCloser.Write(p)
	synctest.Wait()
	return n, err
}

// penOf answers every HELLO, as a pen that is simulated or not, and says what
// else it heard.
func penOf(t *testing.T, end io.ReadWriteCloser, simulated bool, mute int) (heard func() []byte) {
	var other []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		var dec protocol.Decoder
		buf := make([]byte, 4096)
		for {
			n, err := end.Read(buf)
			if err != nil {
				return
			}
			rest := buf[:n]
			for len(rest) > 0 {
				var f protocol.Frame
				var why error
				before := rest
				f, rest, why = dec.Next(rest)
				var hello protocol.Hello
				if why != nil || f.Type != protocol.TypeHello || hello.DecodePayload(f.Payload) != nil {
					other = append(other, before[:len(before)-len(rest)]...)
					continue
				}
				if mute--; mute >= 0 {
					continue
				}
				for _, nonce := range []uint64{hello.Nonce + 1, hello.Nonce} { // the first is of another hello
					ack := &protocol.HelloAck{Nonce: nonce, Session: 5, Major: 1, Simulated: simulated || nonce != hello.Nonce, Model: "R1", Serial: "42"}
					if _, err := end.Write(protocol.Append(nil, protocol.Header{Flags: protocol.HasAck}, ack)); err != nil {
						t.Error(err)
					}
					synctest.Wait()
				}
			}
		}
	}()
	return func() []byte { <-done; return other }
}

// Only a pen that calls itself simulated, on a port that can't be a plug,
// hears anything but a hello.
func TestReplayToAPen(t *testing.T) {
	for _, c := range []struct {
		name      string
		noUSB     bool
		simulated bool
		mute      int // HELLOs that stay unanswered
		err       error
		usb       bool
		heard     string
	}{
		{"simulated", true, true, 0, nil, false, "ask"},
		{"simulated behind a bad line", true, true, 5, nil, false, "ask"},
		{"real", true, false, 0, ErrNotSimulated, false, ""},
		{"simulated with a plug", false, true, 0, ErrNotSimulated, true, ""},
		{"real with a plug", false, false, 0, ErrNotSimulated, true, ""},
		{"silent", true, true, 1000, ErrNoHello, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := Pipe()
				heard := penOf(t, far, c.simulated, c.mute)
				stats, err := Replay(context.Background(), threeRecords(t), near, ReplayConfig{To: ToPen, Speed: 1, NoUSB: c.noUSB})
				if !errors.Is(err, c.err) || c.err == nil && err != nil {
					t.Errorf("replay = %v", err)
				}
				var real *NotSimulatedError
				if errors.As(err, &real) != errors.Is(c.err, ErrNotSimulated) || real != nil && (real.USB != c.usb || !c.usb && real.Serial != "42") {
					t.Errorf("error %+v", real)
				}
				if got := string(heard()); got != c.heard || stats.Bytes != uint64(len(c.heard)) {
					t.Errorf("heard %q; stats %+v", got, stats)
				}
				if c.usb && stats.Answered != 0 {
					t.Error("a pen with a plug was spoken to")
				}
			})
		})
	}
}

func TestReplayEnds(t *testing.T) {
	whole := threeRecords(t)
	cut := make([]byte, whole.Len()-1)
	if _, err := whole.Read(cut); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		cfg  ReplayConfig
		err  error
		conn func(io.ReadWriteCloser) io.ReadWriteCloser
	}{
		{"no recording", []byte("x"), ReplayConfig{To: ToConsole}, ErrNotRecording, nil},
		{"cut", cut, ReplayConfig{To: ToConsole, Times: 2}, ErrCut, nil},
		{"conn fails", nil, ReplayConfig{To: ToConsole, Speed: 1}, errBroken, func(c io.ReadWriteCloser) io.ReadWriteCloser { return failing{c} }},
		{"conn fails at once", nil, ReplayConfig{To: ToConsole}, errBroken, func(c io.ReadWriteCloser) io.ReadWriteCloser { return failing{c} }},
		{"hello fails", nil, ReplayConfig{To: ToPen, NoUSB: true}, errBroken, func(c io.ReadWriteCloser) io.ReadWriteCloser { return failing{c} }},
		{"no randomness", nil, ReplayConfig{To: ToPen, NoUSB: true, Rand: strings.NewReader("short")}, io.ErrUnexpectedEOF, nil},
		{"slower than time", nil, ReplayConfig{To: ToConsole, Speed: -1}, ErrSpeed, nil},
		{"no number", nil, ReplayConfig{To: ToConsole, Speed: math.NaN()}, ErrSpeed, nil},
		{"infinite", nil, ReplayConfig{To: ToConsole, Speed: math.Inf(1)}, ErrSpeed, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := Pipe()
				heard := listen(far)
				file := c.file
				if file == nil {
					file = recording(t, Header{}, Record{At: time.Second, To: ToConsole, Bytes: []byte("x")})
				}
				conn := near
				if c.conn != nil {
					conn = c.conn(near)
				}
				stats, err := Replay(context.Background(), bytes.NewReader(file), conn, c.cfg)
				if !errors.Is(err, c.err) || errors.Is(err, ErrCut) && stats.Passes != c.cfg.Times {
					t.Errorf("replay = %v after %d passes", err, stats.Passes)
				}
				heard() // conn is closed, or this would hang
			})
		})
	}
}

// slowClose takes a second to close.
type slowClose struct {
	io.ReadWriteCloser
	closed *atomic.Bool
}

func (c slowClose) Close() error {
	if c.closed.Load() {
		return nil
	}
	err := c.ReadWriteCloser.Close()
	time.Sleep(time.Second)
	c.closed.Store(true)
	return err
}

// Ctrl-C ends a replay that waits for time, for the other end, or for a hello.
func TestReplayStops(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  ReplayConfig
		size int
	}{
		{"waits for time", ReplayConfig{To: ToConsole, Speed: 1}, 1},
		{"waits for the reader", ReplayConfig{To: ToConsole}, 2 * PipeCapacity},
		{"waits for a hello", ReplayConfig{To: ToPen, NoUSB: true}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := Pipe()
				file := recording(t, Header{}, Record{At: time.Hour, To: ToConsole, Bytes: make([]byte, c.size)})
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				conn := slowClose{near, new(atomic.Bool)}
				before := time.Now()
				if _, err := Replay(ctx, bytes.NewReader(file), conn, c.cfg); err != context.DeadlineExceeded || time.Since(before) != 2*time.Second {
					t.Errorf("replay = %v after %v", err, time.Since(before))
				}
				if !conn.closed.Load() {
					t.Error("the port is not closed yet")
				}
				_ = far.Close()
			})
		})
	}
}
