package alarm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// then is a time in the middle of a treatment.
func then() time.Time { return time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC) }

func find(code Code) Finding { return Finding{Condition: Of(code)} }

// TestLife follows occurrences through raising, ending and acknowledging.
func TestLife(t *testing.T) {
	const (
		raise = iota
		end
		ack
	)
	type want struct {
		present, history int
		sound            Priority
		flash            bool
	}
	for _, c := range []struct {
		name  string
		code  Code
		steps []int
		want  want
	}{
		{"high", RFUnpermitted, []int{raise}, want{1, 0, High, true}},
		{"high latches", RFUnpermitted, []int{raise, end}, want{1, 0, High, true}},
		{"acknowledging is not clearing", RFUnpermitted, []int{raise, ack}, want{1, 0, None, false}},
		{"acknowledged, then gone", RFUnpermitted, []int{raise, ack, end}, want{0, 1, None, false}},
		{"gone, then acknowledged", RFUnpermitted, []int{raise, end, ack}, want{0, 1, None, false}},
		{"again while it is latched", RFUnpermitted, []int{raise, end, raise, ack}, want{1, 0, None, false}},
		{"again while it is acknowledged", RFUnpermitted, []int{raise, ack, raise}, want{1, 0, None, false}},
		{"again after it was over", RFUnpermitted, []int{raise, ack, end, raise}, want{1, 1, High, true}},
		{"medium latches", OpenPin, []int{raise, end}, want{1, 0, Medium, true}},
		{"low does not latch", BatteryLow, []int{raise, end}, want{0, 1, None, false}},
		{"low, acknowledged", BatteryLow, []int{raise, ack}, want{1, 0, None, false}},
		{"momentary stands", StoreFailed, []int{raise}, want{1, 0, Medium, true}},
		{"momentary is over when it is acknowledged", StoreFailed, []int{raise, ack}, want{0, 1, None, false}},
		{"low and momentary stands", PenEvent, []int{raise}, want{1, 0, Low, true}},
		{"nothing to end", OpenPin, []int{end}, want{}},
		{"unknown is high", "x", []int{raise}, want{1, 0, High, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Book
			now := then()
			for _, s := range c.steps {
				now = now.Add(time.Second)
				switch s {
				case raise:
					b.Raise(find(c.code), now)
				case end:
					b.End(Key{Code: c.code}, now)
				case ack:
					o, ok := b.Get(Key{Code: c.code})
					if !ok {
						t.Fatal("nothing to acknowledge")
					}
					if _, ok := b.Acknowledge(o.ID, "Dr Meyer", now); !ok {
						t.Fatal("not acknowledged")
					}
				}
			}
			s := b.Signal(now)
			got := want{len(b.Present()), len(b.History()), s.Sound, s.Flash}
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestRepeatsAreCountedOnce(t *testing.T) {
	var b Book
	now := then()
	f := find(PowerDeviation)
	f.Expected, f.Measured = About(Power, 12_000, 9600, 14_400), Value{Power, 9000}
	first, outcome := b.Raise(f, now)
	if outcome != Fresh || first.Count != 1 {
		t.Errorf("%v, %d times", outcome, first.Count)
	}
	f.Measured = Value{Power, 9200}
	o, outcome := b.Raise(f, now.Add(time.Second))
	if outcome != Repeated || o.ID != first.ID || o.Count != 2 || o.Measured.N != 9200 || !o.Since.Equal(now) || !o.Newest.Equal(now.Add(time.Second)) {
		t.Errorf("%v %+v", outcome, o)
	}
	f.Instance = "other"
	if o, outcome := b.Raise(f, now); outcome != Fresh || o.ID == first.ID {
		t.Errorf("another instance is %v, id %d", outcome, o.ID)
	}
}

func TestWhoAcknowledgedAndWhen(t *testing.T) {
	var b Book
	o, _ := b.Raise(find(OpenPin), then())
	at := then().Add(time.Minute)
	if got, ok := b.Acknowledge(o.ID, "Dr Meyer", at); !ok || got.By != "Dr Meyer" || !got.At.Equal(at) {
		t.Errorf("%v %+v", ok, got)
	}
	if _, ok := b.Acknowledge(o.ID, "Dr Ruiz", at.Add(time.Second)); ok {
		t.Error("acknowledged twice")
	}
	if _, ok := b.Acknowledge(99, "Dr Ruiz", at); ok {
		t.Error("acknowledged what was never there")
	}
	b.End(o.Key(), at.Add(time.Second))
	if h := b.History(); len(h) != 1 || h[0].By != "Dr Meyer" {
		t.Errorf("history %+v", h)
	}
}

func TestOneThatBecomesGraverIsNewAgain(t *testing.T) {
	var b Book
	f := Finding{Condition: Condition{Code: "maker.hot", Priority: Medium, Source: FromPen}}
	o, _ := b.Raise(f, then())
	b.Acknowledge(o.ID, "x", then())
	f.Priority = High
	if o, outcome := b.Raise(f, then()); outcome != Graver || o.Acknowledged() || b.Signal(then()).Sound != High {
		t.Errorf("%v %+v", outcome, o)
	}
	f.Priority = Low
	if o, _ := b.Raise(f, then()); o.Priority != High {
		t.Errorf("it sank to %v", o.Priority)
	}
}

func TestHighestSoundsAndStands(t *testing.T) {
	var b Book
	now := then()
	b.Raise(find(BatteryLow), now)
	b.Raise(find(OpenPin), now)
	high, _ := b.Raise(find(EnergyOver), now)
	b.Raise(find(MotorStall), now)
	s := b.Signal(now)
	if s.Sound != High || s.Shown.Code != EnergyOver || s.More != 3 || !s.Flash {
		t.Errorf("%+v", s)
	}
	serial := s.Serial
	b.Acknowledge(high.ID, "x", now)
	s = b.Signal(now)
	if s.Sound != Medium || s.Serial == serial {
		t.Errorf("after the gravest was acknowledged: %+v", s)
	}
	if s.Shown.Code != EnergyOver || s.Flash {
		t.Errorf("what is still there is gone from sight: %+v", s.Shown)
	}
}

func TestPause(t *testing.T) {
	start := then()
	paused := func(codes ...Code) *Book {
		var b Book
		for _, c := range codes {
			b.Raise(find(c), start)
		}
		b.Pause(start)
		return &b
	}
	for _, c := range []struct {
		name string
		book *Book
		do   func(b *Book, now time.Time)
		want Priority
	}{
		{"silences", paused(EnergyOver), func(*Book, time.Time) {}, None},
		{"a repeat does not end it", paused(EnergyOver), func(b *Book, now time.Time) { b.Raise(find(EnergyOver), now) }, None},
		{"a new high one ends it", paused(EnergyOver), func(b *Book, now time.Time) { b.Raise(find(DepthBeyond), now) }, High},
		{"a medium one does not end that of a high one", paused(EnergyOver), func(b *Book, now time.Time) { b.Raise(find(OpenPin), now) }, None},
		{"a higher one ends it", paused(BatteryLow), func(b *Book, now time.Time) { b.Raise(find(OpenPin), now) }, Medium},
		{"one of the same does not", paused(OpenPin), func(b *Book, now time.Time) { b.Raise(find(MotorStall), now) }, None},
		{"a person ends it", paused(OpenPin), func(b *Book, now time.Time) { b.Resume(now) }, Medium},
		{"nothing to silence", paused(), func(b *Book, now time.Time) { b.Raise(find(OpenPin), now) }, Medium},
		{"it ends with the last of what it silences", paused(OpenPin), func(b *Book, now time.Time) {
			o, _ := b.Get(Key{Code: OpenPin})
			b.Acknowledge(o.ID, "x", now)
			b.Raise(find(MotorStall), now)
		}, Medium},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := start.Add(time.Second)
			c.do(c.book, now)
			if got := c.book.Signal(now).Sound; got != c.want {
				t.Errorf("%v sounds, want %v", got, c.want)
			}
		})
	}
	b := paused(EnergyOver)
	if s := b.Signal(start.Add(AudioPause - 1)); s.Sound != None || !s.PausedUntil.Equal(start.Add(AudioPause)) || !s.Paused(start.Add(AudioPause-1)) {
		t.Errorf("shortly before the end: %+v", s)
	}
	if s := b.Signal(start.Add(AudioPause)); s.Sound != High || s.Paused(start.Add(AudioPause)) {
		t.Errorf("after the end: %+v", s)
	}
	if AudioPause > 120*time.Second {
		t.Error("a pause is at most 120 s")
	}
}

func TestTestSound(t *testing.T) {
	var b Book
	now := then()
	for _, p := range []Priority{Low, Medium, High} {
		b.Test(p, now)
		s := b.Signal(now)
		if s.Sound != p || !s.Test || s.Any {
			t.Errorf("%v: %+v", p, s)
		}
		now = now.Add(PatternOf(p).Length())
		if s := b.Signal(now); s.Sound != None || s.Test {
			t.Errorf("%v goes on: %+v", p, s)
		}
	}
	b.Test(None, now)
	b.Test(High+1, now)
	if s := b.Signal(now); s.Sound != None {
		t.Errorf("%+v", s)
	}
	b.Test(High, now)
	b.Raise(find(BatteryLow), now)
	if s := b.Signal(now); s.Sound != Low || s.Test {
		t.Errorf("a test hides an alarm: %+v", s)
	}
	b.Pause(now)
	b.Test(High, now)
	if s := b.Signal(now); s.Sound != None {
		t.Errorf("a test sounds during a pause: %+v", s)
	}
}

func TestSoundThatIsNotRepeatedStartsAnewForEach(t *testing.T) {
	var b Book
	b.Raise(find(BatteryLow), then())
	first := b.Signal(then()).Serial
	b.Raise(find(BatteryLow), then())
	if s := b.Signal(then()).Serial; s != first {
		t.Error("a repeat sounds again")
	}
	b.Raise(find(TipNearEnd), then())
	if s := b.Signal(then()).Serial; s == first {
		t.Error("a second one is not heard")
	}
}

func TestHighestIsNeverDisplaced(t *testing.T) {
	var b Book
	now := then()
	// Conditions of a maker that nobody knows, one after the other.
	fill := func(p Priority, n int) {
		for i := range n {
			b.Raise(Finding{Condition: Condition{Code: Code(fmt.Sprint("maker.", p, i)), Priority: p, Source: FromPen}}, now)
		}
	}
	fill(Low, MaxPresent)
	if _, outcome := b.Raise(find(BatteryLow), now); outcome != NoPlace {
		t.Errorf("one low alarm more: %v", outcome)
	}
	if s := b.Signal(now); s.Sound != Low {
		t.Errorf("what found no place is %v", s.Sound)
	}
	fill(High, MaxPresent)
	for _, o := range b.Present() {
		if o.Priority != High && o.Code != TooMany {
			t.Errorf("%s stands in the place of a high one", o.Code)
		}
	}
	if _, outcome := b.Raise(find(OpenPin), now); outcome != NoPlace {
		t.Errorf("a medium one: %v", outcome)
	}
	o, _ := b.Get(Key{Code: TooMany})
	if o.Priority != Medium || o.Measured.N != 2 {
		t.Errorf("too many: %+v", o)
	}
	if _, outcome := b.Raise(find(EnergyOver), now); outcome != NoPlace {
		t.Errorf("a high one among only high ones: %v", outcome)
	}
	if o, _ := b.Get(Key{Code: TooMany}); o.Priority != High {
		t.Errorf("that a high one found no place is %v", o.Priority)
	}
	if n := len(b.Present()); n > MaxPresent+1 {
		t.Errorf("%d stand", n)
	}
	if h := b.History(); len(h) != MaxPresent || !h[0].Displaced {
		t.Errorf("%d in the history", len(h))
	}
}

// Every row of the table has its place, whatever came before it, and within the
// instances of a row the graver displace the others.
func TestEachConditionHasItsPlace(t *testing.T) {
	var b Book
	now := then()
	// The rows that have instances, as a hostile pen would use them; the gravest
	// come first in the table, and are not what is asked for last.
	many := []Code{PenFault, PenAlarm, PenEvent, Safety, RunUncertain, Contradicted}
	for _, row := range Table() {
		n := 1
		if slices.Contains(many, row.Code) {
			n = 1000
		}
		for i := range n {
			b.Raise(Finding{Condition: row, Instance: fmt.Sprint("x", i)}, now)
		}
		if _, ok := b.Get(Key{row.Code, "x0"}); !ok {
			t.Errorf("%s found no place", row.Code)
		}
	}
	for _, row := range Table() {
		if o, ok := b.Get(Key{row.Code, "x0"}); ok && o.Displaced {
			t.Errorf("%s was displaced", row.Code)
		}
	}
	if n := len(Table()) + len(many)*(MaxInstances-1); n > MaxPresent {
		t.Errorf("the table with its instances asks for %d places of %d", n, MaxPresent)
	}
	var other Book
	low := find(PenAlarm)
	low.Priority = Low
	for i := range MaxInstances {
		low.Instance = fmt.Sprint(i)
		other.Raise(low, now)
	}
	high := find(PenAlarm)
	high.Instance = "grave"
	if _, outcome := other.Raise(high, now); outcome != Fresh {
		t.Errorf("a high one among low ones of its kind: %v", outcome)
	}
}

// TestStorm lets every source tell 10,000 events a second for two minutes,
// one high condition among them, and a person who acknowledges.
func TestStorm(t *testing.T) {
	const perSecond, seconds = 10_000, 120
	var b Book
	r := rand.New(rand.NewPCG(1, 2))
	noise := []Code{PowerDeviation, OpenPin, BatteryLow, PenEvent, TipNearEnd, StoreFailed, SpeedDeviation}
	now := then()
	for s := range seconds {
		for i := range perSecond {
			f := find(noise[r.IntN(len(noise))])
			f.Instance = fmt.Sprint(r.IntN(1000))
			if r.IntN(4) == 0 {
				b.End(Key{f.Code, f.Instance}, now)
			} else {
				b.Raise(f, now)
			}
			if s == 3 && i == 17 {
				b.Raise(find(EnergyOver), now)
			}
			now = now.Add(time.Second / perSecond)
		}
		if all := b.Present(); len(all) > 0 && s%2 == 0 {
			for _, o := range all {
				if o.Priority != High {
					b.Acknowledge(o.ID, "x", now)
					break
				}
			}
		}
		if sig := b.Signal(now); s >= 3 && (sig.Shown.Code != EnergyOver || sig.Sound != High || !sig.Flash) {
			t.Fatalf("after %d s: %v sounds, %s stands", s, sig.Sound, sig.Shown.Code)
		}
		if p, h := len(b.Present()), len(b.History()); p > MaxPresent+1 || h > MaxHistory {
			t.Fatalf("after %d s: %d stand, %d are history", s, p, h)
		}
	}
}

func BenchmarkRaise(b *testing.B) {
	var book Book
	f := find(PowerDeviation)
	f.Expected, f.Measured = About(Power, 12_000, 9600, 14_400), Value{Power, 9200}
	now := then()
	for i := range MaxPresent - 1 {
		book.Raise(Finding{Condition: Condition{Code: Code(fmt.Sprint("maker.", i)), Priority: Low}}, now)
	}
	b.ReportAllocs()
	for b.Loop() {
		book.Raise(f, now)
	}
}

// BenchmarkRaiseFull is the worst case: no place, and all of them distinct.
func BenchmarkRaiseFull(b *testing.B) {
	var book Book
	now := then()
	for i := range MaxPresent {
		book.Raise(Finding{Condition: Condition{Code: Code(fmt.Sprint("maker.", i)), Priority: High}}, now)
	}
	f := find(EnergyOver)
	b.ReportAllocs()
	for b.Loop() {
		book.Raise(f, now)
	}
}
