package widgets

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/chart"
	"stipple/app/ui/theme"
)

// states lists the states in their order.
func states() []State {
	return []State{Disconnected, Standby, Ready, Treating, Fault, EStop, ServiceMode, Monitor, Uncertain}
}

func TestEachStateHasItsOwnWordAndShape(t *testing.T) {
	words, shapes := map[string]State{}, map[string]State{}
	for _, s := range states() {
		l := s.look()
		if other, ok := words[l.word]; ok {
			t.Errorf("%v and %v have the same word", s, other)
		}
		if other, ok := shapes[drawing(l.shape)]; ok {
			t.Errorf("%v and %v have the same shape", s, other)
		}
		if drawing(l.shape) == "" {
			t.Errorf("%v has no shape", s)
		}
		words[l.word], shapes[drawing(l.shape)] = s, s
	}
}

func TestTheDiscPulsesOnlyWhileTreating(t *testing.T) {
	newBench(t, theme.Dark, theme.Scale100)
	c := NewStatusChip()
	for _, s := range states() {
		c.Set(s, "")
		seen := map[uint8]bool{}
		for ms := range 40 {
			c.Tick(time.UnixMilli(int64(ms) * 25))
			seen[c.alpha] = true
		}
		if (len(seen) > 1) != (s == Treating) {
			t.Errorf("%v has %d brightnesses", s, len(seen))
		}
	}
}

func TestAlarmsFlashAtTheirRateUntilAcknowledged(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	for level, want := range map[BannerLevel]int{Quiet: 0, LowAlarm: 0, MediumAlarm: 6, HighAlarm: 20} {
		banner := NewBanner(b.router, nil, nil, nil)
		banner.Set(BannerState{Level: level, Text: "Alarm"})
		flashes, was := 0, false
		for ms := int64(0); ms < 10_000; ms += 10 {
			banner.Tick(time.UnixMilli(ms))
			if banner.dark && !was {
				flashes++
			}
			was = banner.dark
		}
		if flashes != want {
			t.Errorf("level %d: %d flashes in 10 s, want %d", level, flashes, want)
		}
		banner.Set(BannerState{Level: level, Text: "Alarm", Acknowledged: true})
		banner.Tick(time.UnixMilli(400))
		if banner.dark {
			t.Errorf("level %d flashes after it was acknowledged", level)
		}
		if banner.MinSize().Height != theme.BannerHeight {
			t.Errorf("level %d takes another place", level)
		}
	}
}

func TestTextThatDoesNotFitIsCutWithAnEllipsis(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	l := NewLine(Strong("Cheek, second session"), Muted("rev 3"))
	for _, c := range []struct {
		width float32
		want  string
	}{{400, "Cheek, second session"}, {100, "Cheek, sec…"}, {4, ""}} {
		b.put(l, 0, 0, c.width, 24)
		b.canvas.Capture()
		if got := l.Children()[0].(*canvas.Text).Text; got != c.want {
			t.Errorf("at %v: %q", c.width, got)
		}
	}
}

func TestLargeTextShrinksBeforeItIsCut(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale150)
	l := NewLine(Plain("read back from the pen"))
	at100 := fyne.MeasureText("read back from the pen", 15, fyne.TextStyle{}).Width
	b.put(l, 0, 0, at100+2, 24)
	b.canvas.Capture()
	got := l.Children()[0].(*canvas.Text)
	if got.Text != "read back from the pen" || got.TextSize < 15 || got.TextSize > 16 {
		t.Errorf("%q at %v", got.Text, got.TextSize)
	}
}

func TestReasonsAreWholeAtEveryTextScale(t *testing.T) {
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		b := newBench(t, theme.Dark, scale)
		for i, s := range cardStates(true) {
			c := NewValueCard(b.router, b.clock.clock(), ValueCardEvents{})
			c.Set(s)
			b.put(c, float32(i)*238, 0, 226, 318)
			b.canvas.Capture()
			for _, l := range []*Line{c.reason, c.detail, c.note} {
				for j, run := range l.runs {
					if got := l.Children()[2*j].(*canvas.Text).Text; got != run.Text {
						t.Errorf("at %d %%, %s: %q is cut to %q", scale, s.Title, run.Text, got)
					}
				}
			}
		}
	}
}

func TestALongListHasWidgetsOnlyForWhatIsInSight(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	chosen := -1
	l := NewRowList(b.router, nil, func(i int) { chosen = i })
	rows := make([]Row, 100_000)
	for i := range rows {
		rows[i] = Row{Key: fmt.Sprint(i), Title: []Run{Plain(fmt.Sprint(i))}}
	}
	rows[7].Disabled = true
	l.Set(rows, "")
	b.put(l, 0, 0, 400, 480)
	b.canvas.Capture()
	if n := len(l.sheet.pool); n == 0 || n > 20 {
		t.Fatalf("%d row widgets", n)
	}
	for range 500 {
		l.TypedKey(press(fyne.KeyDown))
	}
	b.canvas.Capture()
	found := false
	for _, v := range l.sheet.pool {
		found = found || v.Visible() && v.index == 499 && v.selected
	}
	if !found || l.Selected() != 499 {
		t.Errorf("the selection %d is not in sight", l.Selected())
	}
	l.TypedKey(press(fyne.KeyReturn))
	if chosen != 499 {
		t.Errorf("chose %d", chosen)
	}
	l.Select(7)
	l.TypedKey(press(fyne.KeyReturn))
	if chosen != 499 {
		t.Error("a disabled row was chosen")
	}
}

func TestALiveValueThatGetsLongerIsNotCut(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	p := NewLivePanel("Depth", chart.NewSeries(2, 1))
	p.Set(LiveState{Value: "9", Unit: "/min", Quality: InTolerance})
	b.put(p, 0, 0, 262, 90)
	b.canvas.Capture()
	p.Set(LiveState{Value: "10 000", Unit: "/min", Right: "set 10 000", Quality: InTolerance})
	b.canvas.Capture()
	if got := p.value.Children()[0].(*canvas.Text).Text; got != "10 000" {
		t.Errorf("shown %q", got)
	}
}

func TestSettingTheSameAgainDrawsNothing(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	c := NewValueCard(b.router, b.clock.clock(), ValueCardEvents{})
	strip := NewStatusStrip(b.router, nil, nil)
	state := StripState{State: Ready, Items: [][]Run{{Plain("Link"), Strong("4 ms")}}, Operator: "A"}
	strip.Set(state)
	c.Set(cardStates(false)[0])
	b.put(c, 0, 100, 226, 318)
	b.put(strip, 0, 0, 1366, 52)
	b.canvas.Capture()
	n := testing.AllocsPerRun(10, func() {
		strip.Set(state)
		c.Set(cardStates(false)[0])
	})
	// What is left are the states themselves; a redraw would be thousands.
	if n > 60 {
		t.Errorf("%v allocations for nothing new", n)
	}
}

// A number stays in one piece, and what has no blanks is parted where it must be.
func TestParagraphsPart(t *testing.T) {
	newBench(t, theme.Light, theme.Scale100)
	const path = "/media/clinic/BACKUP/Stipple-backups/of-the-practice-in-the-long-street"
	p := NewParagraph(Plain("Kept: 48\u202f211 in " + path))
	const wide = 120
	lines := p.wrap(wide)
	whole := ""
	for _, l := range lines {
		if w := fyne.MeasureText(l, size(p, p.look.size()), fyne.TextStyle{}).Width; w > wide {
			t.Errorf("%q is %.0f wide", l, w)
		}
		whole += l
	}
	if !strings.Contains(strings.Join(lines, "\n"), "48\u202f211") || !strings.Contains(whole, path) {
		t.Errorf("%q", lines)
	}
	if n := len(p.wrap(0)) + len(p.wrap(-1)); n > 20 {
		t.Errorf("%d lines before there is room", n)
	}
}
