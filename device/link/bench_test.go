package link

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stipple/protocol"
)

// statusHour writes an hour of STATUS at the highest rate, with a lease for
// every twentieth, to a file.
func statusHour(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "hour")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter(file, Header{Start: testStart})
	if err != nil {
		b.Fatal(err)
	}
	const every = time.Second / protocol.MaxStatusRate
	for i := range int(time.Hour / every) {
		at := time.Duration(i) * every
		st := &protocol.Status{State: protocol.StateStandby, Clock: protocol.PenClock(at.Microseconds()), Depth: protocol.Swing{Now: uint16(i), Max: 1500}, Impedance: 300, Temp: 3400, Battery: 80}
		frame := protocol.Append(nil, protocol.Header{Seq: uint16(i), Session: 77}, st)
		err := w.Write(Record{At: at, To: ToConsole, Bytes: frame})
		if i%20 == 0 {
			lease := protocol.Append(nil, protocol.Header{Seq: uint16(i / 20), Session: 77}, &protocol.Lease{})
			err = errors.Join(err, w.Write(Record{At: at, To: ToPen, Bytes: lease}))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), file.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkReplay plays an hour at 200 Hz from a real file as fast as the
// other end decodes it.
func BenchmarkReplay(b *testing.B) {
	path := statusHour(b)
	for b.Loop() {
		file, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		near, far := Pipe()
		good := make(chan uint64)
		go func() {
			var dec protocol.Decoder
			buf := make([]byte, readBuffer)
			for {
				n, err := far.Read(buf)
				for rest := buf[:n]; len(rest) > 0; {
					var f protocol.Frame
					var why error
					if f, rest, why = dec.Next(rest); why == nil {
						var st protocol.Status
						if st.DecodePayload(f.Payload) != nil {
							b.Error("not a status")
						}
					}
				}
				if err != nil {
					good <- dec.Stats().Frames
					return
				}
			}
		}()
		stats, err := Replay(context.Background(), file, near, ReplayConfig{To: ToConsole})
		if n := <-good; err != nil || n != stats.Records || n != 3600*protocol.MaxStatusRate {
			b.Fatalf("%d frames decoded, %+v, %v", n, stats, err)
		}
		if err := file.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(time.Hour.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "x_realtime")
}

// proxied is a proxy that runs between two ends, until end.
func proxied(b *testing.B, cfg ProxyConfig) (console, pen io.ReadWriteCloser, end func()) {
	console, toConsole := Pipe()
	pen, toPen := Pipe()
	p := NewProxy(toPen, toConsole, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return console, pen, func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		_ = pen.Close()
		_ = console.Close()
	}
}

// BenchmarkProxy is what the proxy costs by itself: frames of a bulk answer
// through a line without a fault, and with chances that never strike.
func BenchmarkProxy(b *testing.B) {
	for _, text := range []string{"", "drop 0.000000001\nflip 0.000000001"} {
		b.Run(text, func(b *testing.B) {
			console, pen, end := proxied(b, ProxyConfig{Script: script(b, text)})
			out := protocol.AppendFrame(nil, protocol.Header{}, make([]byte, protocol.MaxPayload))
			b.SetBytes(int64(len(out)))
			go func() {
				for {
					if _, err := pen.Write(out); err != nil {
						return
					}
				}
			}()
			buf := make([]byte, len(out))
			for b.Loop() {
				if _, err := io.ReadFull(console, buf); err != nil {
					b.Fatal(err)
				}
			}
			end()
		})
	}
}

// BenchmarkProxyLine is how much of a line's rate arrives in real time, where
// the sender never pauses and where each window of eight waits for its answer.
func BenchmarkProxyLine(b *testing.B) {
	const rate, window = 1_000_000, 8
	out := protocol.AppendFrame(nil, protocol.Header{}, make([]byte, protocol.MaxPayload))
	for _, c := range []struct {
		name  string
		waits bool
	}{{"streaming", false}, {"window", true}} {
		b.Run(c.name, func(b *testing.B) {
			console, pen, end := proxied(b, ProxyConfig{Script: script(b, "baud 1000000")})
			go func() { // answers each byte with a frame
				ask := make([]byte, 1)
				for {
					if _, err := io.ReadFull(pen, ask); err != nil {
						return
					}
					if _, err := pen.Write(out); err != nil {
						return
					}
				}
			}()
			if _, err := console.Write(make([]byte, window)); err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, len(out))
			for n := 1; b.Loop(); n++ {
				if _, err := io.ReadFull(console, buf); err != nil {
					b.Fatal(err)
				}
				if c.waits && n%window != 0 {
					continue
				}
				more := 1
				if c.waits {
					more = window
				}
				if _, err := console.Write(make([]byte, more)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(100*float64(b.N*len(out)*bitsPerByte)/b.Elapsed().Seconds()/rate, "%line")
			end()
		})
	}
}

// BenchmarkProxyEcho is the way there and back of a small frame.
func BenchmarkProxyEcho(b *testing.B) {
	console, pen, end := proxied(b, ProxyConfig{})
	go func() { _, _ = io.Copy(pen, pen) }()
	out := protocol.AppendFrame(nil, protocol.Header{}, make([]byte, 8))
	buf := make([]byte, len(out))
	for b.Loop() {
		if _, err := console.Write(out); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(console, buf); err != nil {
			b.Fatal(err)
		}
	}
	end()
}

// BenchmarkRecorder is what a tap costs the link.
func BenchmarkRecorder(b *testing.B) {
	r := NewRecorder(io.Discard, nil)
	out := make([]byte, 92)
	for b.Loop() {
		r.Add(ToConsole, out)
	}
	var loss *LossError
	if err := r.Close(); err != nil && !errors.As(err, &loss) {
		b.Error(err)
	}
}
