package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// The log of 100,000 records takes at least three fifths of what a line of
// 1 Mbit/s carries.
func TestLogFillsTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := link.Pipe()
		p := startFakePen(t, far)
		p.with(func(p *fakePen) { p.svc.log, p.forget = fakeLog(fakeLogKept, 1, 7), true })
		conn, ended := proxied(t, link.NewFaults(link.ProxyConfig{Script: script(t, "both baud 1000000")}), near)
		s, l := open(t, conn)
		var cur device.LogCursor
		begun := time.Now()
		err := s.ReadLog(context.Background(), &cur, func(device.LogPage) error { return nil })
		took := time.Since(begun)
		share := float64(fakeLogKept*protocol.LogRecordSize) / took.Seconds() / byteRate
		t.Logf("%d records in %v: %.3f of the line, %+v", cur.Records(), took, share, s.Stats())
		if err != nil || cur.Records() != fakeLogKept || cur.Sum() != sumOf(p.svc.log) || share < 0.6 {
			t.Errorf("%d records, %.3f of the line: %v", cur.Records(), share, err)
		}
		shut(t, s, p, l)
		<-ended
	})
}

// Over a line that flips bits, loses, doubles and makes up frames, and is cut
// again and again, the copy has every record once, in order.
func TestLogSurvivesDamageAndCuts(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := fakeLog(6000, 11, 7)
				faults := link.NewFaults(link.ProxyConfig{Seed: seed, Script: script(t, `
					both baud 1000000
					both flip 0.00005
					both drop 0.01
					both duplicate 0.01
					both truncate 0.005
					both garbage 0.005
					at 300ms every 370ms both disconnect`)})
				var cur device.LogCursor
				var all []protocol.LogRecord
				cuts := 0
				for cur.Last().Index != log[len(log)-1].Index {
					if cuts++; cuts > 200 {
						t.Fatalf("no end in sight: %d records", len(all))
					}
					near, far := link.Pipe()
					p := startFakePen(t, far)
					p.with(func(p *fakePen) { p.svc.log = log })
					conn, ended := proxied(t, faults, near)
					s, err := device.Open(context.Background(), conn, device.Options{})
					if err == nil {
						l := collect(s)
						err = s.ReadLog(context.Background(), &cur, func(page device.LogPage) error {
							for _, e := range page.Entries {
								if e.Gap != nil || e.Damaged || e.Back || e.Reboot {
									t.Errorf("entry %+v", e)
								}
								all = append(all, e.LogRecord)
							}
							return nil
						})
						var lie *device.LogError
						if errors.As(err, &lie) {
							t.Fatal(err)
						}
						_ = s.Close()
						<-l.done
					}
					_ = p.conn.Close()
					<-p.done
					<-ended
				}
				if !slices.Equal(all, log) || cur.Sum() != sumOf(log) {
					t.Errorf("%d records", len(all))
				}
				if stats := faults.Stats(); stats.Disconnects < 3 || stats.ToPen.Dropped == 0 || stats.ToConsole.Flipped == 0 {
					t.Errorf("the line was too good: %+v", stats)
				}
				t.Logf("%d connections", cuts)
			})
		})
	}
}

// proxied puts a fault proxy between a session and a pen.
func proxied(t testing.TB, faults *link.Faults, pen io.ReadWriteCloser) (near io.ReadWriteCloser, ended chan error) {
	t.Helper()
	near, far := link.Pipe()
	proxy := faults.Proxy(pen, far)
	ended = make(chan error, 1)
	go func() { ended <- proxy.Run(context.Background()) }()
	return near, ended
}

func script(t testing.TB, text string) link.Script {
	t.Helper()
	s, err := link.ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
