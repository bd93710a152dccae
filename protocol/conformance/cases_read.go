package conformance

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"stipple/protocol"
)

// caseDescriptorValid runs even if nothing can be derived from the descriptor.
const caseDescriptorValid = "descriptor/valid"

func descriptorCases() []Case {
	return []Case{
		{caseDescriptorValid, "8", "the descriptor keeps every rule, and its length and digest are those of HELLO_ACK", 0, descriptorValid},
		{"descriptor/any-order", "8", "it can be read in any order and in parts of any length", 0, descriptorOrder},
		{"descriptor/part", "4.3", "a part is as asked, of at most 224 bytes, and empty behind the end", 0, descriptorPart},
		{"descriptor/invariant", "8", "it is the same in each session and after new settings", 0, descriptorInvariant},
		{"descriptor/armed", "3", "while armed a part has at most 93 bytes", NeedReady, descriptorArmed},
	}
}

// readDescriptor reads the descriptor in parts of at most size bytes.
func (t *trial) readDescriptor(size uint8) []byte {
	var raw []byte
	for int(t.s.ack.DescriptorLength) > len(raw) && !t.over() {
		m := &protocol.DescriptorRead{Offset: uint16(len(raw)), Max: size}
		chunk := ask[protocol.DescriptorChunk](t, m)
		t.want(chunk.Offset == m.Offset && len(chunk.Data) > 0 && len(chunk.Data) <= int(size), fmt.Sprintf("1 to %d bytes from %d", size, m.Offset),
			"%d bytes from %d", len(chunk.Data), chunk.Offset)
		raw = append(raw, chunk.Data...)
	}
	return raw
}

func descriptorValid(t *trial) {
	if t.s.refused != nil {
		t.fail("a descriptor that keeps every rule", "%v", t.s.refused)
	}
	raw := t.readDescriptor(protocol.MaxChunk)
	t.want(t.over() || len(raw) == int(t.s.ack.DescriptorLength), fmt.Sprintf("%d bytes", t.s.ack.DescriptorLength), "%d", len(raw))
	sum := sha256.Sum256(raw)
	t.want(t.over() || sum == t.s.ack.DescriptorSHA256, fmt.Sprintf("SHA-256 %x", t.s.ack.DescriptorSHA256), "%x", sum)
}

func descriptorOrder(t *trial) {
	raw := t.s.raw
	for _, size := range []int{1, 7, 64, protocol.MaxChunk} {
		for i := range 5 {
			from := (len(raw) / 5) * (4 - i) // from behind
			chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Offset: uint16(from), Max: uint8(size)})
			want := raw[from:min(from+size, len(raw))]
			t.want(t.over() || bytes.Equal(chunk.Data, want), fmt.Sprintf("%q", want), "%q", chunk.Data)
		}
	}
}

func descriptorPart(t *trial) {
	end := uint16(len(t.s.raw))
	for _, from := range []uint16{end, end + 1, math.MaxUint16} {
		chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Offset: from, Max: 50})
		t.want(t.over() || chunk.Offset == from && len(chunk.Data) == 0, fmt.Sprintf("nothing from %d", from), "%d bytes from %d", len(chunk.Data), chunk.Offset)
	}
	last := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Offset: end - 1, Max: 255})
	t.want(t.over() || len(last.Data) == 1, "the last byte alone", "%q", last.Data)
	big := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 255})
	t.want(len(big.Data) <= protocol.MaxChunk, "at most 224 bytes", "%d", len(big.Data))
}

func descriptorInvariant(t *trial) {
	t.confirm(t.least())
	for range 2 {
		raw := t.readDescriptor(protocol.MaxChunk)
		t.want(t.over() || bytes.Equal(raw, t.s.raw), "the descriptor as it was first read", "%q", raw)
		ack := t.hello()
		t.want(t.over() || ack.DescriptorSHA256 == t.s.ack.DescriptorSHA256, "the digest of the first HELLO_ACK", "%x", ack.DescriptorSHA256)
	}
}

func descriptorArmed(t *trial) {
	t.ready()
	const most = protocol.BulkArmedBytes - 3
	chunk := ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 255})
	t.want(t.over() || len(chunk.Data) > 0 && len(chunk.Data) <= most, fmt.Sprintf("1 to %d bytes", most), "%d", len(chunk.Data))
	t.want(t.over() || bytes.HasPrefix(t.s.raw, chunk.Data), "the descriptor", "%q", chunk.Data)
	t.inState(protocol.StateReady)
}

func timeCases() []Case {
	return []Case{
		{"time/tell", "17", "TIME_TELL echoes the console's clock and says when it came and left", 0, timeTell},
		{"time/extremes", "17", "any value of the console's clock comes back as it was", 0, timeExtremes},
		{"time/one-clock", "17", "TIME_TELL, STATUS and EVENT are of one clock", 0, timeOneClock},
		{"time/rate", "17", "the pen's clock runs as fast as the computer's", 0, timeRate},
	}
}

func timeTell(t *trial) {
	last := protocol.PenClock(0)
	for range protocol.TimeQuick {
		m := t.tell()
		t.want(m.Received >= last && m.Replied >= m.Received, fmt.Sprintf("received at or behind %d, and replied behind it", last), "%d and %d", m.Received, m.Replied)
		last = m.Replied
	}
}

func timeExtremes(t *trial) {
	for _, sent := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		mark := t.mark()
		t.put(&protocol.TimeAsk{Sent: sent})
		t.await(fmt.Sprintf("TIME_TELL with %d", sent), answerLimit, mark, func(a arrival) bool {
			m, ok := a.msg.(*protocol.TimeTell)
			return ok && m.Sent == sent
		})
	}
}

func timeOneClock(t *trial) {
	for range 3 {
		first, mark := t.tell(), t.mark()
		s := t.awaitStatus("STATUS", mark, func(s protocol.Status) bool { return s.Clock >= first.Received })
		second := t.tell()
		t.want(t.over() || s.Clock <= second.Replied.Add(penSlack), fmt.Sprintf("a STATUS clock from %d to %d", first.Received, second.Replied), "%d", s.Clock)
	}
}

// timeRate compares two samples 2 s apart; the round trip of each is what the
// comparison may be wrong by.
func timeRate(t *trial) {
	const apart = 2 * time.Second
	before, first, around := time.Now(), t.tell(), time.Duration(0)
	around = time.Since(before)
	t.wait(apart)
	mid := time.Now()
	second := t.tell()
	around += time.Since(mid)
	host, pen := mid.Sub(before), second.Received.Sub(first.Received)
	off := (pen - host).Abs()
	t.want(t.over() || off <= host*driftShare/100+around+hostSlack, fmt.Sprintf("%v within %d %%", host, driftShare), "%v", pen)
}

func statusCases() []Case {
	return []Case{
		{"status/rate", "14", "STATUS comes 20 times a second", 0, statusRate},
		{"status/set-rate", "14", "SET_RATE is granted from 20 to 200, the nearest of these otherwise", 0, statusSetRate},
		{"status/rate-ends", "7", "the rate is 20 again in a new session", 0, statusRateEnds},
		{"status/at-rest", "14", "a pen in STANDBY commands nothing, measures no output and has its needle back", 0, statusAtRest},
		{"status/settings", "14", "the hash of what is confirmed is that of SETTINGS, and it is told at once", 0, statusSettings},
		{"status/tip", "14", "the tip's id is that of TIP_INFO and of SETTINGS", 0, statusTip},
		{"status/newest", "14", "the newest pulse and the newest event are those of the ledger and of EVENT", 0, statusNewest},
	}
}

// pace counts the STATUS of a stretch by the pen's own clock, a second.
func (t *trial) pace(stretch time.Duration) float64 {
	mark := t.mark()
	t.wait(stretch)
	list, _, _ := t.s.line.since(mark)
	var first, last protocol.PenClock
	n := -1
	for _, a := range list {
		if s, ok := a.msg.(*protocol.Status); ok && a.Session == t.session {
			if n++; n == 0 {
				first = s.Clock
			}
			last = s.Clock
		}
	}
	if n < 1 {
		return 0
	}
	return float64(n) / last.Sub(first).Seconds()
}

func (t *trial) paced(rate int, stretch time.Duration) {
	got := t.pace(stretch)
	low, high := float64(rate)*(100-rateShare)/100, float64(rate)*(100+rateShare)/100
	t.want(t.over() || got >= low && got <= high, fmt.Sprintf("%d STATUS a second within %d %%", rate, rateShare), "%.1f", got)
}

func statusRate(t *trial) { t.paced(protocol.StatusRate, time.Second) }

func statusSetRate(t *trial) {
	for _, c := range []struct{ ask, grant uint16 }{{50, 50}, {20, 20}, {0, 20}, {1, 20}, {19, 20}, {200, 200}, {201, 200}, {65535, 200}, {100, 100}} {
		r := ask[protocol.Rate](t, &protocol.SetRate{PerSecond: c.ask})
		t.want(t.over() || r.PerSecond == c.grant, fmt.Sprintf("RATE %d for %d", c.grant, c.ask), "%d", r.PerSecond)
	}
	ask[protocol.Rate](t, &protocol.SetRate{PerSecond: t.s.rate()})
	t.paced(int(t.s.rate()), 500*time.Millisecond)
}

func statusRateEnds(t *trial) {
	ask[protocol.Rate](t, &protocol.SetRate{PerSecond: 100})
	t.hello()
	t.paced(protocol.StatusRate, time.Second)
}

func statusAtRest(t *trial) {
	s := t.inState(protocol.StateStandby)
	err := restless(&s)
	t.want(err == nil, "no output in STANDBY", "%v: %s", err, describeStatus(s))
	t.want(t.over() || s.Flags&protocol.FlagNeedleBack != 0, "flag NEEDLE_BACK", "flags %#x", s.Flags)
	t.want(t.over() || s.ArmID == 0 && s.LeaseLeft == 0, "no arm id and no lease", "%s", describeStatus(s))
}

func statusSettings(t *trial) {
	mark := t.mark()
	hash := t.confirm(t.least())
	s := t.awaitStatus(fmt.Sprintf("STATUS with settings hash %x", hash), mark, func(s protocol.Status) bool { return s.SettingsHash == hash })
	t.want(t.over() || s.Flags&protocol.FlagSettings != 0, "flag SETTINGS", "flags %#x", s.Flags)
}

func statusTip(t *trial) {
	s, tip, settings := t.status(), t.tip(), ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || s.TipID == tip.ID && settings.TipID == tip.ID && settings.Pins == tip.Pins, fmt.Sprintf("tip %d of %d pins", tip.ID, tip.Pins),
		"tip %d in STATUS; %d of %d pins in SETTINGS", s.TipID, settings.TipID, settings.Pins)
}

func statusNewest(t *trial) {
	page := ask[protocol.PulsePage](t, &protocol.PulseRead{})
	mark := t.mark()
	t.confirm(t.least())
	e := t.awaitEvent(protocol.EventSettings, "EVENT 8, settings", mark)
	s := t.status()
	t.want(t.over() || s.NewestPulse == page.Newest, fmt.Sprintf("newest pulse %d", page.Newest), "%d", s.NewestPulse)
	t.want(t.over() || s.NewestLog >= e.Index, fmt.Sprintf("newest event %d or later", e.Index), "%d", s.NewestLog)
}
