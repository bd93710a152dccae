package protocol

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// leastScanRatio is how many bytes a second the decoder scans of a damaged
// stream, at least, as a share of a clean one.
const leastScanRatio = 0.5

// busyStream is some seconds of a busy link as one end hears it: STATUS at its
// highest rate, pulses, events, a page and a chunk among them.
func busyStream() []byte {
	var stream []byte
	pulse := rfPulse(143)
	page := &PulsePage{Oldest: 1, Newest: 143, Pulses: []Pulse{rfPulse(142), rfPulse(143)}}
	log := &LogPage{Oldest: 1, Newest: 2211, Records: []LogRecord{logRecord(2209), logRecord(2210), logRecord(2211)}}
	for i := range 1000 {
		s, h := *sampleStatus(), header(TypeStatus)
		s.Clock += PenClock(i * 5003)
		s.Depth.Now += uint16(i * 7)
		h.Seq += uint16(i)
		stream = Append(stream, h, &s)
		switch i % 20 {
		case 3:
			stream = Append(stream, header(TypePulse), &pulse)
		case 7:
			stream = Append(stream, header(TypeEvent), &Event{Index: uint32(i), Clock: s.Clock, Code: EventTrigger})
		case 11:
			stream = Append(stream, header(TypePulsePage), page)
		case 13:
			stream = Append(stream, header(TypeTimeTell), &TimeTell{Sent: int64(i), Received: s.Clock, Replied: s.Clock + 40})
		case 17:
			stream = Append(stream, header(TypeLogPage), log)
		}
	}
	return stream
}

// flipped is stream with one bit in a hundred turned over, delimiters too.
func flipped(stream []byte, seed uint64) []byte {
	src := rand.New(rand.NewPCG(seed, 1))
	out := bytes.Clone(stream)
	for i := range out {
		for bit := range 8 {
			if src.Uint32N(100) == 0 {
				out[i] ^= 1 << bit
			}
		}
	}
	return out
}

// scan reads a whole stream, in pieces as a port gives them, and counts the
// good frames.
func scan(d *Decoder, stream []byte) (good int) {
	const piece = 4096
	for len(stream) > 0 {
		rest := stream[:min(piece, len(stream))]
		stream = stream[len(rest):]
		for len(rest) > 0 {
			var err error
			if _, rest, err = d.Next(rest); err == nil {
				good++
			}
		}
	}
	return good
}

// BenchmarkScanClean is the decoder on a stream without damage.
func BenchmarkScanClean(b *testing.B) {
	stream := busyStream()
	var d Decoder
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if scan(&d, stream) < 1000 {
			b.Fatal("frames are missing")
		}
	}
}

// BenchmarkScanDamaged is the decoder on the same stream with 1 % of its bits
// turned over. It times the clean one in between, so that both see the same
// machine, and reports the ratio of bytes a second, damaged over clean.
func BenchmarkScanDamaged(b *testing.B) {
	stream := busyStream()
	hurt := flipped(stream, 7)
	var d, e Decoder
	var clean, damaged time.Duration
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		scan(&d, stream)
		middle := time.Now()
		scan(&e, hurt)
		clean += middle.Sub(start)
		damaged += time.Since(middle)
	}
	if s := e.Stats(); s.Dropped < s.Frames {
		b.Fatalf("hardly damaged: %+v", s)
	}
	perSecond := float64(len(stream)) * float64(b.N) / 1e6
	b.ReportMetric(perSecond/clean.Seconds(), "clean-MB/s")
	b.ReportMetric(perSecond/damaged.Seconds(), "damaged-MB/s")
	ratio := float64(clean) / float64(damaged)
	if ratio < leastScanRatio {
		b.Errorf("ratio %.2f, at least %.2f wanted", ratio, leastScanRatio)
	}
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(leastScanRatio, "ratio-least")
}

// TestResyncAtEveryDelimiter: with 1 % of the bits turned over, whatever stands
// between two delimiters is judged by itself. What is whole comes out, however
// much was damaged before it; what is not, is dropped once; nothing else comes
// out.
func TestResyncAtEveryDelimiter(t *testing.T) {
	stream := busyStream()
	whole := make(map[string]bool) // every frame as it was sent, without delimiters
	for f := range bytes.SplitSeq(stream, []byte{0}) {
		whole[string(f)] = true
	}
	kept := 0
	for seed := range uint64(20) {
		hurt := flipped(stream, seed)
		if seed >= 10 {
			// A frame of 80 bytes hardly ever survives 1 % of all bits. Here every
			// second one is left alone, so that each stands behind a damaged one.
			hurt = everySecond(stream, hurt)
		}
		var d Decoder
		rest := append(hurt, 0)
		for part := range bytes.SplitSeq(hurt, []byte{0}) {
			if len(part) == 0 {
				continue
			}
			f, next, err := d.Next(rest)
			rest = next
			switch {
			case errors.Is(err, ErrIncomplete):
				t.Fatalf("seed %d: the stream ends before its delimiters do", seed)
			case whole[string(part)] && err != nil:
				t.Fatalf("seed %d: a whole frame behind damage: %v", seed, err)
			case !whole[string(part)] && err == nil:
				t.Fatalf("seed %d: damage made the frame %+v", seed, f)
			case err == nil:
				kept++
				if again := AppendFrame(nil, f.Header, f.Payload); !bytes.Equal(again[1:len(again)-1], part) {
					t.Fatalf("seed %d: %x came out of %x", seed, again, part)
				}
			}
		}
		if _, _, err := d.Next(rest); !errors.Is(err, ErrIncomplete) {
			t.Fatalf("seed %d: more came out than stands between delimiters: %v", seed, err)
		}
	}
	if kept < 10*500 {
		t.Errorf("only %d frames were left whole: hardly tried", kept)
	}
}

// everySecond takes every second frame from clean and the others from hurt,
// each with its delimiters.
func everySecond(clean, hurt []byte) []byte {
	var out []byte
	start, n := 0, 0
	for i := 1; i < len(clean); i++ {
		if clean[i] != 0 || clean[i-1] == 0 {
			continue
		}
		from := clean
		if n%2 == 0 {
			from = hurt
		}
		out = append(append(append(out, 0), from[start:i]...), 0)
		start, n = i+1, n+1
	}
	return out
}
