package model

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// flagLarge adds the bounds that a nightly run has time for.
var flagLarge = flag.Bool("large", false, "search the large bounds, too: minutes, and some GB")

// search runs one check and says how large it was.
func search(t *testing.T, b Bounds, f Mutation) *Report {
	t.Helper()
	begun := time.Now()
	r := Check(b, f)
	t.Logf("%-8s %-24s %8d states %9d transitions, depth %2d, %6v: %v", b.Name, f, r.States, r.Transitions, r.Depth,
		time.Since(begun).Round(time.Millisecond), verdict(r))
	return r
}

func verdict(r *Report) string {
	if r.Broken == kept {
		return "everything holds"
	}
	return "breaks " + r.Broken.String()
}

func logTrace(t *testing.T, r *Report) {
	t.Helper()
	for _, s := range r.Trace {
		t.Log(s)
	}
}

// TestModel searches every state within the small bounds: every property holds,
// every transition fires somewhere, and every circumstance that a property speaks
// of is reached.
func TestModel(t *testing.T) {
	var fired [actions]int
	met := make([]bool, len(premises()))
	states, transitions := 0, 0
	all := Small()
	if *flagLarge {
		all = append(all, Large()...)
	}
	for _, b := range all {
		r := search(t, b, Sound)
		if r.Broken != kept {
			t.Errorf("%s: %v does not hold", b.Name, r.Broken)
			logTrace(t, r)
		}
		states, transitions = states+r.States, transitions+r.Transitions
		for a := range fired {
			fired[a] += r.Fired[a]
		}
		for i := range met {
			met[i] = met[i] || r.met[i]
		}
	}
	t.Logf("in all %d states, %d transitions", states, transitions)
	for _, a := range Actions() {
		if fired[a] == 0 {
			t.Errorf("%v never fires: what is said of it says nothing", a)
		}
	}
	for i, p := range premises() {
		if !met[i] && p.name != heldClear {
			t.Errorf("%v: never reached: %s", p.property, p.name)
		}
	}
}

// TestMutations breaks the model in one way after the other: each is found, by the
// property that it should break, with a shortest way to it.
func TestMutations(t *testing.T) {
	bounds := make(map[string]Bounds)
	for _, b := range Small() {
		bounds[b.Name] = b
	}
	for _, f := range Mutations() {
		t.Run(f.String(), func(t *testing.T) {
			m := mistakes()[f]
			b, ok := bounds[m.bounds]
			if !ok {
				t.Fatalf("no bounds are called %q", m.bounds)
			}
			r := search(t, b, f)
			if r.Broken != m.breaks {
				t.Fatalf("%s: breaks %v, want %v", m.says, r.Broken, m.breaks)
			}
			t.Logf("%s; %v does not hold:", m.says, r.Broken)
			logTrace(t, r)
			if len(r.Trace) < 2 || r.Trace[0].Action != noAction {
				t.Fatalf("the trace does not begin where a run begins")
			}
			walk(t, b, f, r.Trace)
		})
	}
}

// walk checks that each step of a trace is one that the model takes.
func walk(t *testing.T, b Bounds, f Mutation, trace []Step) {
	t.Helper()
	m := &machine{bounds: b, flaw: f}
	for i := 1; i < len(trace); i++ {
		found := false
		from := trace[i-1].State
		for _, next := range m.successors(&from) {
			found = found || next.action == trace[i].Action && next.to == trace[i].State
		}
		if !found {
			t.Fatalf("step %d, %v, follows from nothing", i, trace[i].Action)
		}
	}
}

// TestEveryProperty checks that each property has a mutation that only it finds.
func TestEveryProperty(t *testing.T) {
	found := make(map[Property]int)
	for _, f := range Mutations() {
		found[mistakes()[f].breaks]++
	}
	for _, p := range Properties() {
		if found[p] == 0 {
			t.Errorf("no mutation breaks %v: perhaps nothing does", p)
		}
	}
}

// TestTrace is a counterexample as it is printed.
func TestTrace(t *testing.T) {
	r := Check(Small()[index(t, "check")], CheckClearsStop)
	var got []string
	for _, s := range r.Trace {
		got = append(got, s.String())
	}
	want := []string{
		"(begin)           pen STANDBY | console sees STANDBY",
		"CheckBegins       pen STANDBY | console sees STANDBY, stops, check stopping",
		"PersonStops       pen STANDBY | console sees STANDBY, stops, check stopping",
		"StopSent          pen STANDBY | console sees STANDBY, stops, check stopping | line > ESTOP",
		"StopArrives       pen ESTOP | console sees STANDBY, stops, check stopping | line < STOPPED",
		"StopConfirmed     pen ESTOP | console sees STANDBY, check stopped",
		"StatusSent        pen ESTOP | console sees STANDBY, check stopped | line < STATUS ESTOP",
		"StatusTaken       pen ESTOP | console sees ESTOP, check stopped",
		"CheckClears       pen ESTOP | console sees ESTOP, asks CLEAR, check clearing",
		"CommandSent       pen ESTOP | console sees ESTOP, asks CLEAR (1 sent), check clearing | line > CLEAR by the check",
		"CommandQueued     pen ESTOP, in its queue CLEAR by the check | console sees ESTOP, asks CLEAR (1 sent), check clearing",
		"ClearArrives      pen STANDBY, CLEAR DONE | console sees ESTOP, asks CLEAR (1 sent), check clearing | line < answer to CLEAR: DONE",
	}
	if !slices.Equal(got, want) {
		t.Errorf("trace:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func index(t *testing.T, name string) int {
	t.Helper()
	for i, b := range Small() {
		if b.Name == name {
			return i
		}
	}
	t.Fatalf("no bounds are called %q", name)
	return 0
}

// TestTidy searches small bounds with and without what makes states one: what
// holds does so in both, and what is found is found in both by as many steps.
func TestTidy(t *testing.T) {
	small := Bounds{Name: "tiny", Arms: 1, Sends: 1, Stops: 1, Pulses: 1, Cuts: 1}
	lease := Bounds{Name: "tiny lease", Arms: 1, Sends: 1, Pulses: 1, Clock: Coarse()}
	stops := Bounds{Name: "tiny stops", Sends: 2, Stops: 2, Clears: 1, Losses: 1, Queued: true}
	for _, c := range []struct {
		bounds Bounds
		flaw   Mutation
	}{
		{small, Sound}, {lease, Sound}, {stops, Sound}, {small, NeverAsks}, {small, HelloKeepsReady}, {lease, LeaseFromBuffer},
		{stops, ClearRetriedBehindStop}, {stops, StopSentOnce},
	} {
		tidied := search(t, c.bounds, c.flaw)
		raw := (&machine{bounds: c.bounds, flaw: c.flaw, raw: true}).search()
		t.Logf("%d states as they are, %d tidied", raw.States, tidied.States)
		if raw.Broken != tidied.Broken || raw.Broken != Agreement && len(raw.Trace) != len(tidied.Trace) {
			t.Errorf("%s, %v: %v in %d steps as it is, %v in %d tidied", c.bounds.Name, c.flaw, raw.Broken, len(raw.Trace), tidied.Broken, len(tidied.Trace))
		}
	}
}

// TestHeldClear shows what a line must not do: let a CLEAR come behind an ESTOP
// that left behind it.
func TestHeldClear(t *testing.T) {
	r := search(t, Bounds{Name: "turned", Sends: 1, Stops: 2, Clears: 1, HeldBack: 1, HeldClear: true}, Sound)
	if r.Broken != StopObeyed {
		t.Fatalf("breaks %v, want %v: then doc.go need not ask for it any more", r.Broken, StopObeyed)
	}
	logTrace(t, r)
}

// TestClocks holds the ticks against the real times: what is longer there is
// not shorter here, and what decides anything is longer here, too.
func TestClocks(t *testing.T) {
	for name, c := range map[string]Clock{"coarse": Coarse(), "fine": Fine()} {
		times := []struct {
			name string
			real time.Duration
			tick uint8
		}{
			{"LeaseRF", protocol.LeaseRF, c.LeaseRF},
			{"StatusSilence", protocol.StatusSilence, c.StatusSilence},
			{"EchoRF", protocol.EchoRF, c.EchoRF},
			{"LivenessLimit", device.LivenessLimit, c.Liveness},
			{"ArmWindow", protocol.ArmWindow, c.ArmWindow},
			{"LinkSilence", protocol.LinkSilence, c.LinkSilence},
		}
		for _, a := range times {
			for _, b := range times {
				if a.real < b.real && a.tick > b.tick || a.real == b.real && a.tick != b.tick {
					t.Errorf("%s: %s is %d and %s %d, really %v and %v", name, a.name, a.tick, b.name, b.tick, a.real, b.real)
				}
			}
		}
		if c.LeaseRF >= c.EchoRF || c.EchoRF >= c.LinkSilence {
			t.Errorf("%s: a lease and the clock that it echoes end alike", name)
		}
	}
}
