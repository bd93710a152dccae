package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"stipple/device"
	"stipple/protocol"
)

const (
	// benchRounds is how many commands are asked and settings set by default: for a
	// 99th percentile there must be some above it.
	benchRounds = 200
	// benchSets is the share of them that sets: each is two commands, and writes
	// the pen's memory.
	benchSets = 10
	// benchBulk is how long the log, or the ledger, is read.
	benchBulk = 3 * time.Second
	// benchFor is how long all of it takes by default: a drift is measured over at
	// least ten seconds.
	benchFor = 12 * time.Second
)

// spreadShape is a distribution of times in µs.
type spreadShape struct {
	Count int   `json:"count"`
	P50   int64 `json:"p50_us"`
	P99   int64 `json:"p99_us"`
	Max   int64 `json:"max_us"`
}

// spread sorts and reads off; nil for nothing.
func spread(d []time.Duration) *spreadShape {
	if len(d) == 0 {
		return nil
	}
	slices.Sort(d)
	at := func(permil int) int64 { return d[(len(d)-1)*permil/1000].Microseconds() }
	return &spreadShape{Count: len(d), P50: at(500), P99: at(990), Max: at(1000)}
}

// bulkShape is what was read in bulk, and how fast.
type bulkShape struct {
	What      string `json:"what"`  // "log", "ledger"
	Bytes     int64  `json:"bytes"` // of records
	TookMS    int64  `json:"took_ms"`
	BytesPerS int64  `json:"bytes_per_s"`
}

// benchShape is what a pen and its line can do.
type benchShape struct {
	Type   string `json:"type"` // "bench"
	Serial string `json:"serial"`
	Port   string `json:"port"`
	// RoundTrip is GET_SETTINGS and its answer. EchoFloor is the same number of
	// bytes there and back over a pseudo-terminal with nothing behind it; null
	// where the port is none. TimeExchange is the smallest round trip of the
	// shortest question that there is: the floor of this line and this pen.
	RoundTrip    *spreadShape `json:"round_trip"`
	EchoFloor    *spreadShape `json:"echo_floor"`
	TimeExchange int64        `json:"time_exchange_us"`
	// StatusJitter is how far the time between two STATUS is from what it should
	// be; LostFrames are live frames that did not arrive.
	StatusJitter *spreadShape `json:"status_jitter"`
	LostFrames   uint64       `json:"lost_frames"`
	Bulk         *bulkShape   `json:"bulk"` // null: the pen has nothing to read
	// SetReadBack is the pen's own settings, set and read back; null where it is
	// not in STANDBY.
	SetReadBack *spreadShape `json:"set_read_back"`
	WithinUS    int64        `json:"clock_within_us"`
	DriftPPB    *int64       `json:"clock_drift_ppb"` // null: under ten seconds
}

func benchCommand() command {
	return command{
		name: "bench", group: groupLook, args: "[--port P] [--for TIME] [--count N] [--role R] [--json]",
		does: "measures a pen and its line: round trips beside the floor of the line, the evenness of STATUS,\n" +
			"reading in bulk, setting and reading back, and the clocks. It sets what the pen has set already\n" +
			"and changes nothing else",
		examples: []string{"penctl bench --port /tmp/pen", "penctl bench --port /dev/ttyACM0 --for 1m --count 1000 --json"},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleClinician)
			length := fs.Duration("for", benchFor, "measure for at least that `time`, such as 30s")
			count := fs.Int("count", benchRounds, "`number` of round trips")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				switch {
				case *length < 0:
					return usageOf("for", "--for %v is below 0", *length).beyond(0)
				case *count < 1:
					return usageOf("count", "--count %d is below 1", *count).beyond(1)
				}
				as, err := roleFor(*role, protocol.TypePutEnvelope)
				if err != nil {
					return err
				}
				s, err := c.openAs(ctx, *port, as)
				if err != nil {
					return err
				}
				return closeAfter(s, c.bench(ctx, s, *length, *count))
			}
		},
	}
}

// bench measures one thing after the other. Ctrl-C ends it with what there is.
func (c console) bench(ctx context.Context, s *device.Session, length time.Duration, count int) error {
	shape := benchShape{Type: "bench", Serial: s.Info().Serial, Port: s.Info().Port.Path}
	if !c.json {
		if err := c.line("%-16s %s on %s", "pen", shape.Serial, shape.Port); err != nil {
			return err
		}
	}
	begun := time.Now()
	for _, step := range []func() error{
		func() (err error) { shape.RoundTrip, err = roundTrips(ctx, s, count); return err },
		func() (err error) { shape.EchoFloor, err = c.echoFloor(ctx, s, count); return err },
		func() (err error) { shape.Bulk, err = readBulk(ctx, s); return err },
		func() (err error) { shape.SetReadBack, err = setReadBack(ctx, s, max(count/benchSets, 1)); return err },
		func() (err error) { shape.StatusJitter, err = jitter(ctx, s, length-time.Since(begun)); return err },
	} {
		if err := step(); err != nil && ctx.Err() == nil {
			return err
		}
	}
	fit := s.ClockFit()
	shape.TimeExchange, shape.WithinUS, shape.LostFrames = fit.Best.Microseconds(), fit.Within.Microseconds(), s.Live().Gaps
	if fit.Drifts {
		shape.DriftPPB = &fit.DriftPPB
	}
	return c.printBench(shape)
}

// roundTrips asks for the settings again and again.
func roundTrips(ctx context.Context, s *device.Session, count int) (*spreadShape, error) {
	if s.Info().Monitor {
		return nil, nil
	}
	var took []time.Duration
	for range count {
		begun := time.Now()
		if _, err := s.ReadBack(ctx); err != nil {
			return spread(took), err
		}
		took = append(took, time.Since(begun))
	}
	return spread(took), nil
}

// setReadBack sets what is set, again and again.
func setReadBack(ctx context.Context, s *device.Session, count int) (*spreadShape, error) {
	d := s.Info().Descriptor
	if s.Info().Monitor || s.Live().Status.State != protocol.StateStandby {
		return nil, nil
	}
	now, err := s.ReadBack(ctx)
	if err != nil {
		return nil, err
	}
	tip, _ := s.Tip()
	if check(d, tip, now.Values) != nil { // the pen would refuse its own settings: another tip is on
		return nil, nil
	}
	var took []time.Duration
	for range count {
		begun := time.Now()
		if _, err := s.Apply(ctx, exactEnvelope(d, now.Pins, now.Values), now.Values); err != nil {
			return spread(took), err
		}
		took = append(took, time.Since(begun))
	}
	return spread(took), nil
}

// readBulk reads the log, or where there is none the ledger.
func readBulk(ctx context.Context, s *device.Session) (*bulkShape, error) {
	limited, cancel := context.WithTimeout(ctx, benchBulk)
	defer cancel()
	shape := bulkShape{What: "log"}
	begun := time.Now()
	var cur device.LogCursor
	err := s.ReadLog(limited, &cur, func(device.LogPage) error { return nil })
	shape.Bytes = int64(cur.Records()) * protocol.LogRecordSize
	if errors.Is(err, device.ErrNotOffered) && !s.Info().Monitor {
		shape.What = "ledger"
		var pulses []protocol.Pulse
		pulses, _, _, err = s.Pulses(limited, 1)
		shape.Bytes = int64(len(pulses)) * protocol.PulseSize
	}
	if err != nil && limited.Err() == nil {
		return nil, err
	}
	took := time.Since(begun)
	shape.TookMS = took.Milliseconds()
	if shape.Bytes == 0 {
		return nil, nil
	}
	shape.BytesPerS = shape.Bytes * int64(time.Second) / max(int64(took), 1)
	return &shape, nil
}

// jitter watches STATUS for that long, and at least for one second.
func jitter(ctx context.Context, s *device.Session, length time.Duration) (*spreadShape, error) {
	after := newestSample(s)
	wait := time.NewTimer(max(length, time.Second))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	case <-s.Done():
		return nil, s.Err()
	}
	samples := make([]device.Sample, max(int(length/time.Second), 1)*2*protocol.MaxStatusRate)
	n, _ := s.Samples(after, samples)
	var off []time.Duration
	for i := 1; i < n; i++ {
		if samples[i].Gap {
			continue
		}
		d := time.Duration(samples[i].At-samples[i-1].At)*time.Microsecond - time.Second/protocol.StatusRate
		off = append(off, max(d, -d))
	}
	return spread(off), nil
}

// newestSample skips what was measured before.
func newestSample(s *device.Session) (after uint64) {
	buf := make([]device.Sample, protocol.MaxStatusRate)
	for {
		n, next := s.Samples(after, buf)
		if n == 0 {
			return next
		}
		after = next
	}
}

func (c console) printBench(b benchShape) error {
	if c.json {
		return c.print(b)
	}
	var lines []string
	line := func(name, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("%-16s %s", name, fmt.Sprintf(format, args...)))
	}
	line("round trip", "%s", b.RoundTrip.words())
	if b.EchoFloor != nil {
		line("  bare echo", "%s", b.EchoFloor.words())
	}
	line("  line's floor", "%d µs", b.TimeExchange)
	line("set, read back", "%s", b.SetReadBack.words())
	line("STATUS off by", "%s, %d frames lost", b.StatusJitter.words(), b.LostFrames)
	if b.Bulk == nil {
		line("bulk", "nothing to read")
	} else {
		line("bulk", "%d bytes a second: %s, %s in %d ms", b.Bulk.BytesPerS, b.Bulk.What, size(b.Bulk.Bytes), b.Bulk.TookMS)
	}
	drift := "not known yet"
	if b.DriftPPB != nil {
		drift = fmt.Sprintf("%.3f ppm", float64(*b.DriftPPB)/1e3)
	}
	line("clocks", "within %d µs, drift %s", b.WithinUS, drift)
	for _, l := range lines {
		if err := c.line("%s", l); err != nil {
			return err
		}
	}
	return nil
}

// words is a distribution for a person.
func (s *spreadShape) words() string {
	if s == nil {
		return "not measured"
	}
	return fmt.Sprintf("%d µs (p50), %d µs (p99) of %d", s.P50, s.P99, s.Count)
}
