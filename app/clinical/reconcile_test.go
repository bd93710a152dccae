package clinical

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// The run of these tests: armed twice after pulse 140 of the pen's life.
var (
	ourRun     = [16]byte{7}
	anotherRun = [16]byte{8}
)

const (
	firstARM  uint64 = 0x1_0000_0000 | firstArmID
	secondARM uint64 = 0x1_0000_0000 | secondArmID

	firstArmID, secondArmID = 0x11, 0x22 // their low halves
)

func told143(index uint32, change ...func(*LedgerPulse)) LedgerPulse {
	p := LedgerPulse{Treatment: ourRun, Pulse: Pulse{
		Index: index, Boot: 9, ArmID: secondArmID, Result: "complete", Duration: 100, Energy: 1_200_000, Power: 12_000,
		Set: Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100},
	}}
	for _, c := range change {
		c(&p)
	}
	return p
}

// run141 is the run with the pulses that the console recorded.
func run141(recorded ...uint32) Treatment {
	t := Treatment{PenKind: RF, Arms: []ArmIntent{
		{CommandID: firstARM, PulsesBefore: 140, Result: ArmExecuted}, {CommandID: secondARM, PulsesBefore: 140},
	}}
	t.Reconciled.Cause = CauseLink
	for _, i := range recorded {
		t.Pulses = append(t.Pulses, told143(i).Pulse)
	}
	return t
}

// answer is a pen that tells a whole ledger from 1 to the newest of pulses, or
// 140.
func answer(result ArmResult, pulses ...LedgerPulse) PenTold {
	told := PenTold{
		At: time.Unix(1000, 0), Boot: 10, Treatment: ourRun, Results: map[uint64]ArmResult{secondARM: result},
		Ledger: pulses, LedgerWhole: true, Oldest: 1, Newest: 140, LogWhole: true,
	}
	for _, p := range pulses {
		told.Newest = max(told.Newest, p.Index)
	}
	return told
}

// text is a reconciliation in one line.
func text(r Reconciliation) string {
	var parts []string
	for _, a := range r.Arms {
		parts = append(parts, fmt.Sprintf("%s/%s/%d", a.Result, a.Source, a.Pulses))
	}
	for _, s := range r.Spans {
		parts = append(parts, fmt.Sprintf("%d-%d:%s", s.From, s.To, s.Finding))
	}
	for _, c := range r.Contradiction {
		parts = append(parts, fmt.Sprintf("!%s:%d", c.Kind, c.Index))
	}
	if r.Known() {
		parts = append(parts, "known")
	}
	return strings.Join(parts, " ")
}

func TestReconcile(t *testing.T) {
	interrupted := func(p *LedgerPulse) { p.Result = "interrupted"; p.Duration, p.Energy = 0, 0 }
	elsewhere := func(p *LedgerPulse) { p.Treatment = anotherRun }
	foreign := func(p *LedgerPulse) { p.ArmID = 99 }
	other := func(p *LedgerPulse) { elsewhere(p); foreign(p) }
	more := func(p *LedgerPulse) { p.Energy++ }
	const first = "executed/reply/0 "
	for _, c := range []struct {
		name   string
		record Treatment
		told   PenTold
		want   string
	}{
		{"nothing was asked yet", run141(141, 142), PenTold{}, first + "executed/record/2 141-142:console 143-0:unknown"},
		{"ARM never arrived", run141(), answer(ArmNeverSeen), first + "never_seen/result_of/0 known"},
		{"ARM was refused", run141(), answer(ArmRejected), first + "rejected/result_of/0 known"},
		{"armed, and no pulse", run141(), answer(ArmExecuted), first + "executed/result_of/0 known"},
		{"ARM forgotten, no pulse under it", run141(), answer(ArmForgotten), first + "forgotten/result_of/0 known"},
		{"ARM forgotten, and its pulses say so", run141(), answer(ArmForgotten, told143(141)), first + "executed/ledger/1 141-141:told known"},
		{"all of it is recorded", run141(141, 142), answer(ArmExecuted, told143(141), told143(142)), first + "executed/result_of/2 141-142:agreed known"},
		{"one that only the pen knows, one interrupted", run141(141), answer(ArmExecuted, told143(141), told143(142), told143(143, interrupted)),
			first + "executed/result_of/3 141-141:agreed 142-143:told known"},
		{"another treatment came behind", run141(141), answer(ArmExecuted, told143(141), told143(142, other)), first + "executed/result_of/1 141-141:agreed known"},
		{"the ledger has rolled over", run141(141), func() PenTold {
			a := answer(ArmExecuted, told143(150))
			a.Oldest = 145
			return a
		}(), first + "executed/result_of/2 141-141:console 142-144:unknown 145-149:disputed 150-150:told !hole:145"},
		{"rolled over, and the log remembers one", run141(141), func() PenTold {
			a := answer(ArmExecuted)
			a.Oldest, a.Newest, a.Ends = 145, 150, []LogEnd{{143, "complete"}}
			for i := uint32(145); i <= 150; i++ {
				a.Ledger = append(a.Ledger, told143(i, other))
			}
			return a
		}(), first + "executed/result_of/1 141-141:console 142-142:unknown 143-143:logged 144-144:unknown"},
		{"the memory is another one", run141(141), func() PenTold {
			a := answer(ArmExecuted)
			a.Oldest, a.Newest = 0, 0
			return a
		}(), first + "executed/result_of/1 141-141:disputed 142-0:unknown !denied:141 !counter:140"},
		{"the pen does not know a pulse", run141(141, 142), answer(ArmExecuted, told143(141)), first + "executed/result_of/2 141-141:agreed 142-142:disputed !denied:142"},
		{"the pen tells a pulse otherwise", run141(141), answer(ArmExecuted, told143(141, more)), first + "executed/result_of/1 141-141:disputed !differs:141"},
		{"counted to another treatment", run141(), answer(ArmExecuted, told143(141, elsewhere)), first + "executed/result_of/0 141-141:disputed !treatment:141"},
		{"recorded, and now another treatment's", run141(141), answer(ArmExecuted, told143(141, elsewhere)), first + "executed/result_of/1 141-141:disputed !treatment:141"},
		{"under an arming that was none", run141(), answer(ArmExecuted, told143(141, foreign)), first + "executed/result_of/0 141-141:disputed !arming:141"},
		{"the index goes back", run141(), answer(ArmExecuted, told143(142), told143(141)), first + "executed/result_of/1 141-141:disputed 142-142:told !twice:141"},
		{"a pulse twice", run141(), answer(ArmExecuted, told143(141), told143(141, more)), first + "executed/result_of/1 141-141:disputed !twice:141"},
		{"a pulse that is open", run141(), answer(ArmExecuted, told143(141, func(p *LedgerPulse) { p.Open = true })), first + "executed/result_of/0 141-141:disputed !open:141"},
		{"pulses under an ARM that is said never to have come", run141(), answer(ArmNeverSeen, told143(141)), first + "never_seen/result_of/1 141-141:told !arm_denied:0"},
		{"log and ledger differ", run141(), func() PenTold {
			a := answer(ArmExecuted, told143(141))
			a.Ends = []LogEnd{{141, "stopped"}}
			return a
		}(), first + "executed/result_of/1 141-141:disputed !log:141"},
		{"the ledger ends before what STATUS counted", func() Treatment {
			v := run141(141)
			v.Reconciled.LastCounted = 142
			return v
		}(), answer(ArmExecuted, told143(141)), first + "executed/result_of/1 141-141:agreed 142-0:unknown !counter:142"},
		{"half of the ledger", run141(141), func() PenTold {
			a := answer(ArmExecuted, told143(141), told143(142))
			a.LedgerWhole = false
			return a
		}(), first + "executed/result_of/2 141-141:agreed 142-142:told 143-0:unknown"},
		{"pages that contradict each other", run141(141), PenTold{LedgerBad: true, At: time.Unix(1, 0)}, first + "executed/record/1 141-141:console 142-0:unknown !ledger:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := Reconcile(c.record, c.told)
			if s := text(got); s != c.want {
				t.Errorf("\ngot  %s\nwant %s", s, c.want)
			}
		})
	}
}

// What the pen told before it was lost again stays, also where it is asked anew,
// and a pen that tells it otherwise then is contradicted by itself.
func TestReconcileInParts(t *testing.T) {
	record := run141(141)
	half := answer(ArmExecuted, told143(141), told143(142))
	half.LedgerWhole = false
	r, extra := Reconcile(record, half)
	record.Reconciled, record.Pulses = r, append(record.Pulses, extra...)
	if len(extra) != 1 || r.Answered() {
		t.Fatalf("%d more, answered %v", len(extra), r.Answered())
	}
	whole, extra := Reconcile(record, answer(ArmUnknown, told143(141), told143(142), told143(143)))
	if got, want := text(whole), "executed/reply/0 executed/result_of/3 141-141:agreed 142-143:told known"; got != want || len(extra) != 1 || !whole.Answered() {
		t.Errorf("then %s, %d more", got, len(extra))
	}
	liar, _ := Reconcile(record, answer(ArmUnknown, told143(141), told143(142, func(p *LedgerPulse) { p.Result = "fault" })))
	if got, want := text(liar), "executed/reply/0 executed/result_of/2 141-141:agreed 142-142:disputed !differs:142"; got != want {
		t.Errorf("then %s", got)
	}
	// Asked once more for nothing, nothing is lost.
	record.Reconciled, record.Pulses = whole, append(record.Pulses, extra...)
	if again, extra := Reconcile(record, PenTold{}); text(again) != text(whole) || len(extra) != 0 {
		t.Errorf("again %s", text(again))
	}
}

func TestTally(t *testing.T) {
	v := run141(141, 142)
	v.Pulses[1].Result, v.Pulses[1].Energy = protocol.PulseLease.String(), 480_000
	r, extra := Reconcile(v, answer(ArmExecuted, told143(141), LedgerPulse{Treatment: ourRun, Pulse: v.Pulses[1]}, told143(143), told143(144, func(p *LedgerPulse) {
		p.Result, p.Energy = protocol.PulseInterrupted.String(), 0
	})))
	v.Reconciled, v.Pulses = r, append(v.Pulses, extra...)
	want := Tally{Delivered: 2, CutShort: 1, Interrupted: 1, Told: 2, Energy: 2_880_000, Most: 1_200_000}
	if got := v.Tally(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	released := Pulse{Result: protocol.PulseReleased.String()}
	if released.Ended(Needling) != Delivered || released.Ended(RF) != CutShort {
		t.Error("a pull that was released")
	}
}

// drawTold draws what a pen may tell, true or not.
func drawTold(t *rapid.T) PenTold {
	told := PenTold{
		At: time.Unix(5, 0), Treatment: ourRun, LedgerWhole: rapid.Bool().Draw(t, "whole"), LedgerBad: rapid.Bool().Draw(t, "bad"),
		Oldest: rapid.Uint32Range(0, 160).Draw(t, "oldest"), Newest: rapid.SampledFrom([]uint32{0, 139, 142, 150, 1<<32 - 1}).Draw(t, "newest"),
		Results: map[uint64]ArmResult{secondARM: rapid.SampledFrom([]ArmResult{"", ArmExecuted, ArmNeverSeen, ArmForgotten, ArmRejected}).Draw(t, "result")},
	}
	for range rapid.IntRange(0, 12).Draw(t, "pulses") {
		told.Ledger = append(told.Ledger, told143(rapid.OneOf(rapid.Uint32Range(135, 160), rapid.Just[uint32](1<<32-1)).Draw(t, "index"), func(p *LedgerPulse) {
			p.Treatment = rapid.SampledFrom([][16]byte{ourRun, ourRun, anotherRun}).Draw(t, "treatment")
			p.ArmID = rapid.SampledFrom([]uint32{firstArmID, secondArmID, 99}).Draw(t, "arm")
			p.Energy = protocol.Microjoules(rapid.IntRange(0, 2).Draw(t, "energy"))
			p.Open = rapid.IntRange(0, 9).Draw(t, "open") == 0
		}))
	}
	for range rapid.IntRange(0, 3).Draw(t, "ends") {
		told.Ends = append(told.Ends, LogEnd{rapid.Uint32Range(139, 160).Draw(t, "end"), "complete"})
	}
	return told
}

// Whatever a pen tells: what the console recorded stays as it is, no pulse comes
// twice, every recorded and every told one has its place in exactly one span,
// and all is known only where nothing speaks against it.
func TestReconcileKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := run141(rapid.SliceOfNDistinct(rapid.Uint32Range(141, 150), 0, 5, rapid.ID[uint32]).Draw(t, "recorded")...)
		record.Reconciled.LastCounted = rapid.Uint32Range(0, 150).Draw(t, "counted")
		for range rapid.IntRange(1, 3).Draw(t, "connections") {
			before := slices.Clone(record.Pulses)
			r, extra := Reconcile(record, drawTold(t))
			if !slices.Equal(before, record.Pulses) {
				t.Fatal("the record was changed")
			}
			disputes := r.Contradicted >= record.Reconciled.Contradicted
			record.Reconciled, record.Pulses = r, append(record.Pulses, extra...)
			if !disputes {
				t.Fatal("a contradiction went away")
			}
			checkSpans(t, record)
		}
	})
}

func checkSpans(t *rapid.T, record Treatment) {
	t.Helper()
	r := record.Reconciled
	for i, s := range r.Spans {
		if s.From == 0 || s.To != 0 && s.To < s.From || s.To == 0 && i != len(r.Spans)-1 || i > 0 && s.From <= r.Spans[i-1].To {
			t.Fatalf("spans %+v", r.Spans)
		}
	}
	seen := map[uint32]bool{}
	for _, p := range record.Pulses {
		if seen[p.Index] {
			t.Fatalf("pulse %d twice", p.Index)
		}
		seen[p.Index] = true
		switch f, ok := r.Of(p.Index); {
		case !ok, f == PulseUnknown, f == PulseLogged:
			t.Fatalf("pulse %d is in the record and counts as %q: %+v", p.Index, f, r.Spans)
		}
	}
	for _, s := range r.Spans {
		if s.Finding == PulseAgreed || s.Finding == PulseTold || s.Finding == PulseConsole {
			for n := range s.Count() {
				if i := s.From + uint32(n); !seen[i] {
					t.Fatalf("pulse %d counts as %s and is in no record", i, s.Finding)
				}
			}
		}
		if s.Finding == PulseDisputed && r.Contradicted == 0 {
			t.Fatal("disputed, by nobody")
		}
	}
}
