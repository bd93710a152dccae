package protocol

import (
	"bytes"
	"hash/crc32"
	"testing"
	"time"
)

// maxFloors is the bound of STATUS in both directions, as a multiple of the
// floor: CRC-32C, one scan for a delimiter and one copy of the same bytes.
const maxFloors = 8

// batch is how many frames are timed at once, so that the clock's own cost
// does not count; floor and work alternate, so that both see the same machine.
const batch = 64

// sink keeps the compiler from dropping the work.
type sink struct {
	crc    uint32
	at     int
	bytes  int
	status Status
}

// benchStatuses are a pen at work, a pen at rest (mostly zero bytes, the most
// code bytes) and one without a zero byte.
func benchStatuses() []struct {
	name   string
	status *Status
} {
	return []struct {
		name   string
		status *Status
	}{{"treating", sampleStatus()}, {"idle", idleStatus()}, {"full", fullStatus()}}
}

// variants are batch STATUS of a running pen: clock, seq and readings go on, so
// that no two frames have their zeros in the same places.
func variants(status *Status) (frames [][]byte, statuses []Status, headers []Header) {
	for i := range batch {
		s, h := *status, header(TypeStatus)
		s.Clock += PenClock(i * 50_013)
		s.Depth.Now += uint16(i * 7)
		s.LeaseLeft += uint16(i * 3)
		s.TempMax += int16(i)
		h.Seq += uint16(i)
		frames = append(frames, Append(nil, h, &s))
		statuses = append(statuses, s)
		headers = append(headers, h)
	}
	return frames, statuses, headers
}

// floor is the least that any receiver has to do with the bytes of a frame.
func floor(s *sink, frame, dst []byte) {
	s.crc += crc32.Checksum(frame, castagnoli)
	s.at += bytes.IndexByte(frame, 0)
	s.bytes += copy(dst, frame)
}

// sideBySide times work and the floor in alternating batches over the same
// frames and reports the quotient of the two.
func sideBySide(b *testing.B, frames [][]byte, s *sink, work func(i int)) {
	var dst [MaxFrame]byte
	var floors, works time.Duration
	b.ReportAllocs()
	b.SetBytes(int64(len(frames[0])))
	b.ResetTimer()
	for done := 0; done < b.N; done += batch {
		n := min(batch, b.N-done)
		start := time.Now()
		for i := range n {
			floor(s, frames[i][1:], dst[:]) // the scan ends at the last byte
		}
		middle := time.Now()
		for i := range n {
			work(i)
		}
		floors += middle.Sub(start)
		works += time.Since(middle)
	}
	b.StopTimer()
	n := float64(b.N)
	b.ReportMetric(float64(works.Nanoseconds())/n, "ns/frame")
	b.ReportMetric(float64(floors.Nanoseconds())/n, "ns/floor")
	b.ReportMetric(float64(works)/float64(max(floors, 1)), "x-floor")
	b.ReportMetric(maxFloors, "x-allowed")
}

func BenchmarkDecodeStatus(b *testing.B) {
	for _, c := range benchStatuses() {
		b.Run(c.name, func(b *testing.B) {
			frames, statuses, _ := variants(c.status)
			var s sink
			var d Decoder
			sideBySide(b, frames, &s, func(i int) {
				f, _, err := d.Next(frames[i])
				if err != nil || f.Type != TypeStatus {
					b.Fatal(err)
				}
				if err := s.status.DecodePayload(f.Payload); err != nil {
					b.Fatal(err)
				}
			})
			if s.status != statuses[(b.N-1)%batch] {
				b.Fatal("decoded to another STATUS")
			}
		})
	}
}

func BenchmarkEncodeStatus(b *testing.B) {
	for _, c := range benchStatuses() {
		b.Run(c.name, func(b *testing.B) {
			frames, statuses, headers := variants(c.status)
			buf := make([]byte, 0, MaxFrame)
			var s sink
			sideBySide(b, frames, &s, func(i int) { buf = Append(buf[:0], headers[i], &statuses[i]) })
			if !bytes.Equal(buf, frames[(b.N-1)%batch]) {
				b.Fatal("encoded to other bytes")
			}
		})
	}
}

// BenchmarkDecodeStream is a second of a busy link at once: 200 STATUS.
func BenchmarkDecodeStream(b *testing.B) {
	var stream []byte
	for range MaxStatusRate {
		stream = Append(stream, header(TypeStatus), sampleStatus())
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	var d Decoder
	for b.Loop() {
		rest := stream
		for len(rest) > 0 {
			var err error
			if _, rest, err = d.Next(rest); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestNoAllocations holds the hot path to its promise.
func TestNoAllocations(t *testing.T) {
	const runs = 200
	buf := make([]byte, 0, 2*MaxFrame)
	h := header(TypeStatus)
	status, lease, stop := sampleStatus(), &Lease{ArmID: 1, Clock: 2}, &Stop{Nonce: 1}
	stream := Append(Append(nil, h, status), header(TypeLease), lease)
	var d Decoder
	var gotStatus Status
	var gotLease Lease
	for name, f := range map[string]func(){
		"encode STATUS": func() { buf = Append(buf[:0], h, status) },
		"encode LEASE":  func() { buf = Append(buf[:0], header(TypeLease), lease) },
		"encode ESTOP":  func() { buf = Append(buf[:0], header(TypeStop), stop) },
		"encode frame":  func() { buf = AppendFrame(buf[:0], h, stream[:MaxPayload/2]) },
		"longest frame": func() { buf = AppendFrame(buf[:0], h, longestPayload[:]) },
		"decode STATUS and LEASE": func() {
			f, rest, err := d.Next(stream)
			if err != nil || gotStatus.DecodePayload(f.Payload) != nil {
				t.Fatal("STATUS does not decode")
			}
			f, _, err = d.Next(rest)
			if err != nil || gotLease.DecodePayload(f.Payload) != nil {
				t.Fatal("LEASE does not decode")
			}
		},
		"drop noise": func() {
			if _, _, err := d.Next(noise); err == nil {
				t.Fatal("noise is a frame")
			}
		},
	} {
		if n := testing.AllocsPerRun(runs, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

var (
	longestPayload = [MaxPayload]byte(bytes.Repeat([]byte{0x5A}, MaxPayload))
	noise          = []byte("boot: ok\r\n\x00")
)
