package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/protocol"
)

// freshAt is safety.md section 6 as a table: over 150 ms dimmed with a mark,
// over 250 ms in READY or TREATING "--", over 1 s LINK LOST.
func freshAt(age time.Duration, s protocol.State) console.Freshness {
	armed := s == protocol.StateReady || s == protocol.StateTreating
	switch {
	case age > time.Second:
		return console.Lost
	case armed && age > 250*time.Millisecond:
		return console.Blank
	case age > 150*time.Millisecond:
		return console.Dimmed
	}
	return console.Fresh
}

// staleAges are the ages on both sides of each limit.
func staleAges() []time.Duration {
	var out []time.Duration
	for _, ms := range []int{0, 149, 150, 151, 249, 250, 251, 999, 1000, 1001, 60_000} {
		out = append(out, time.Duration(ms)*time.Millisecond)
	}
	return out
}

// TestNoLastValueIsDrawnAsLive injects the age of the newest STATUS and looks at
// every widget that shows something live: the live column, the measured values
// of the cards, the zone time, battery, link and state in the strip, and the
// banner of the link.
func TestNoLastValueIsDrawnAsLive(t *testing.T) {
	test.NewApp()
	for _, name := range []string{"treat-treating", "treat-needling-treating"} {
		for phase, state := range map[console.Phase]protocol.State{
			console.Standby: protocol.StateStandby, console.Ready: protocol.StateReady, console.Treating: protocol.StateTreating,
		} {
			s := scene(t, name)
			d := &deskLog{Desk: s.Desk}
			w, _ := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
			d.change(w, func(v *console.View) { v.Pen.Phase = phase })
			for _, age := range staleAges() {
				l := s.Desk.Live()
				l.Age, l.Status.State, l.Armed = age, state, state.Armed()
				d.live = &l
				w.tick()
				want := freshAt(age, state)
				where := fmt.Sprintf("%s, %v at %v", name, state, age)
				if got := l.Freshness(); got != want {
					t.Fatalf("%s: %v, want %v", where, got, want)
				}
				staleColumn(t, w, l, want, where)
				staleCards(t, w, want, where, state)
				staleStrip(t, w, l, want, where)
				if state == protocol.StateTreating {
					staleZoneTime(t, w, want, where)
				}
				if got := shows(w, "LINK LOST"); got != (want == console.Lost) {
					t.Errorf("%s: LINK LOST shown: %v", where, got)
				}
			}
		}
	}
}

func staleColumn(t *testing.T, w *Window, l console.LiveView, want console.Freshness, where string) {
	t.Helper()
	seen := 0
	for i, p := range w.live.panels {
		if !p.widget.Visible() {
			continue
		}
		seen++
		got := w.live.state(i, p, l)
		switch {
		case want >= console.Blank && (got.Value != "" || got.Quality != widgets.NoValue),
			want == console.Dimmed && (got.Value == "" || got.Quality != widgets.Stale),
			want == console.Fresh && (got.Value == "" || got.Quality == widgets.Stale):
			t.Errorf("%s: panel %d shows %q as %v", where, i, got.Value, got.Quality)
		}
	}
	if seen < 2 {
		t.Errorf("%s: %d live panels", where, seen)
	}
}

func staleCards(t *testing.T, w *Window, want console.Freshness, where string, state protocol.State) {
	t.Helper()
	for _, name := range []string{"treat.depth", "treat.speed", "treat.power", "treat.pulse"} {
		card, ok := w.find(name).(*widgets.ValueCard)
		if !ok || !card.Visible() {
			continue
		}
		got := card.State()
		measured := strings.HasPrefix(got.Measured, "measured")
		switch {
		case want >= console.Blank && measured,
			want == console.Blank && state == protocol.StateTreating && name == "treat.depth" && got.Measured != "--",
			want == console.Dimmed && measured && got.Quality != widgets.Stale,
			want == console.Fresh && measured && got.Quality == widgets.Stale,
			want <= console.Dimmed && state == protocol.StateTreating && name == "treat.depth" && !measured:
			t.Errorf("%s: %s says %q as %v", where, name, got.Measured, got.Quality)
		}
	}
}

func staleStrip(t *testing.T, w *Window, l console.LiveView, want console.Freshness, where string) {
	t.Helper()
	s := stripState(w.words, w.view, l)
	if len(s.Items) != 4 {
		t.Fatalf("%s: %d items in the strip", where, len(s.Items))
	}
	for _, item := range s.Items[2:] { // battery and link
		value := item[1]
		switch {
		case want >= console.Blank && value.Text != "--",
			want == console.Dimmed && (value.Mark != widgets.MarkClock || value.Color != theme.TextSecondary),
			want == console.Fresh && (value.Mark == widgets.MarkClock || !value.Bold):
			t.Errorf("%s: the strip says %s %+v", where, item[0].Text, value)
		}
	}
	if silent := s.Word == "NO STATUS"; silent != (want >= console.Blank) {
		t.Errorf("%s: the chip says %q", where, s.Word)
	}
}

func staleZoneTime(t *testing.T, w *Window, want console.Freshness, where string) {
	t.Helper()
	running := ""
	for _, o := range everything(w.treat.Content()) {
		if l, ok := o.(*widgets.Line); ok && (l.Text() == "03:12" || l.Text() == "01:36") {
			running = l.Text()
		}
	}
	if (running != "") != (want <= console.Dimmed) {
		t.Errorf("%s: the zone time says %q", where, running)
	}
}
