package device_test

import (
	"context"
	"testing"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// BenchmarkLogDownload copies a log of 20,000 records through a proxy that
// carries 1 Mbit/s, in real time. The metric "share" is the part of the line
// that the records' own bytes took; it is to stay at or above 0.6. The same in
// virtual time, with 100,000 records, is TestLogFillsTheLine.
func BenchmarkLogDownload(b *testing.B) {
	const records = 20_000
	near, far := link.Pipe()
	p := startFakePen(b, far)
	p.with(func(p *fakePen) { p.svc.log, p.forget = fakeLog(records, 1, 7), true })
	conn, ended := proxied(b, link.NewFaults(link.ProxyConfig{Script: script(b, "both baud 1000000")}), near)
	s, err := device.Open(context.Background(), conn, device.Options{})
	if err != nil {
		b.Fatal(err)
	}
	l := collect(s)
	var took time.Duration
	for b.Loop() {
		var cur device.LogCursor
		begun := time.Now()
		if err := s.ReadLog(context.Background(), &cur, func(device.LogPage) error { return nil }); err != nil || cur.Records() != records {
			b.Fatalf("%d records: %v", cur.Records(), err)
		}
		took += time.Since(begun)
	}
	b.ReportMetric(float64(b.N*records*protocol.LogRecordSize)/took.Seconds()/byteRate, "share")
	_ = s.Close()
	_ = p.conn.Close()
	<-p.done
	<-l.done
	<-ended
}
