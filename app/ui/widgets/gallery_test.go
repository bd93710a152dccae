package widgets

import (
	"flag"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"stipple/app/chart"
	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// pictures is a folder to write pictures to, for a look at them:
// go test ./app/ui/widgets -run Gallery -pictures DIR
var pictures = flag.String("pictures", "", "write pictures of the widgets to this folder")

// bench is a canvas in memory with what widgets need around them.
type bench struct {
	t       *testing.T
	router  *keys.Router
	clock   *fakeClock
	stops   int
	canvas  software.WindowlessCanvas
	armed   bool
	content *fyne.Container
}

func newBench(t *testing.T, mode theme.Mode, scale theme.Scale) *bench {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(mode, scale))
	b := &bench{t: t, clock: &fakeClock{now: time.UnixMilli(1_700_000_000_000)}, content: container.NewWithoutLayout()}
	b.router = keys.New(keys.Config{Stop: func() { b.stops++ }, OutputPossible: func() bool { return b.armed }})
	b.canvas = software.NewCanvas()
	b.canvas.SetPadded(false)
	b.canvas.SetContent(b.content)
	b.canvas.Resize(fyne.NewSize(1366, 768))
	return b
}

// put shows an object at a place.
func (b *bench) put(o fyne.CanvasObject, x, y, w, h float32) {
	b.content.Add(o)
	place(o, x, y, w, h)
}

// write writes a picture if a folder was given; it draws in any case.
func (b *bench) write(name string) {
	b.t.Helper()
	img := b.canvas.Capture()
	if *pictures == "" {
		return
	}
	f, err := os.Create(filepath.Join(*pictures, name+".png"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		b.t.Fatal(err)
	}
}

// fakeClock is time that a test moves.
type fakeClock struct {
	now   time.Time
	every []*fakeEvery
}

type fakeEvery struct {
	period time.Duration
	next   time.Time
	f      func()
	ended  bool
}

func (c *fakeClock) clock() Clock {
	return Clock{
		Now: func() time.Time { return c.now },
		Every: func(p time.Duration, f func()) func() {
			e := &fakeEvery{period: p, next: c.now.Add(p), f: f}
			c.every = append(c.every, e)
			return func() { e.ended = true }
		},
	}
}

// advance moves time on and calls what is due.
func (c *fakeClock) advance(d time.Duration) {
	end := c.now.Add(d)
	for {
		var due *fakeEvery
		for _, e := range c.every {
			if !e.ended && !e.next.After(end) && (due == nil || e.next.Before(due.next)) {
				due = e
			}
		}
		if due == nil {
			c.now = end
			return
		}
		c.now = due.next
		due.next = due.next.Add(due.period)
		due.f()
	}
}

// running is the number of calls that are still repeated.
func (c *fakeClock) running() int {
	n := 0
	for _, e := range c.every {
		if !e.ended {
			n++
		}
	}
	return n
}

func galleryModes() []theme.Mode { return []theme.Mode{theme.Dark, theme.Light, theme.Dim} }

func TestGalleryTreat(t *testing.T) {
	for _, mode := range galleryModes() {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBench(t, mode, theme.Scale100)
			treatPage(b, mode == theme.Light)
			b.write("treat-" + mode.String())
		})
	}
}

func TestGalleryTreatAtLargeText(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale150)
	treatPage(b, false)
	b.write("treat-dark-150")
}

// treatPage puts the widgets where the pictures of the design have them.
func treatPage(b *bench, alarm bool) {
	r, clock := b.router, b.clock.clock()
	b.put(NewGround(theme.Background), 0, 0, 1366, 768)
	strip := NewStatusStrip(r, func() {}, func() {})
	strip.Set(StripState{
		State: Treating, Simulated: "SIMULATED", Operator: "Dr A. Meyer", Role: "clinician",
		Items: [][]Run{
			{Strong("RF pen R1"), Muted("SN 0042")},
			{Plain("Tip"), Strong("25 pins insulated"), Muted("86 of 2 000 · exp 2027-03")},
			{Plain("Battery"), Strong("82 %")}, {Plain("Link"), Strong("4 ms")},
		},
	})
	b.put(strip, 0, 0, 1366, theme.StripHeight)
	top := float32(52)
	if alarm {
		banner := NewBanner(r, nil, nil, nil)
		banner.Set(BannerState{Level: MediumAlarm, Text: "Power 23 % below what was set, for 2 pulses · expected 12.0 W, measured 9.2 W", First: "Acknowledge", Second: "Pause sound 120 s"})
		b.put(banner, 0, 52, 1366, theme.BannerHeight)
		top = 96
	}
	b.put(NewNavRail(r, []NavItem{
		{IconTreat, "Treat"}, {IconPatients, "Patients"}, {IconCalibrate, "Calibrate"}, {IconService, "Service"}, {IconClinic, "Clinic"},
	}, nil), 0, top, theme.NavWidth, 768-top)
	y := top + 18
	if alarm {
		y = top + 10
	}
	patient := NewRowButton(r, func() {})
	patient.Set([]Run{Title("Ruiz, Ana")}, []Run{Muted("1984-02-11 · type IV · session 2 of 4")})
	b.put(patient, 110, y-4, 320, 52)
	for i, p := range [][3]string{{"Indication", "Acne scars"}, {"Zone", "Left cheek"}} {
		w := NewPickerButton(r, nil)
		w.Set(p[0], p[1], "")
		b.put(w, 440+float32(i)*311, y, 299, 44)
	}
	preset := NewPickerButton(r, nil)
	preset.Set("Preset", "Cheek, second session", "rev 3")
	b.put(preset, 110, y+54, 430, 44)
	b.put(NewLine(Strong("Applied").In(theme.Accent).Marked(MarkDot), Muted("read back from the pen 14:02:11")), 552, y+54, 370, 44)
	b.put(NewButton(r, Secondary, "Save as…", nil), 930, y+54, 120, 44)
	y += 108
	height := float32(318)
	if alarm {
		height = 300
	}
	for i, s := range cardStates(alarm) {
		c := NewValueCard(r, clock, ValueCardEvents{})
		c.Set(s)
		b.put(c, 110+float32(i)*238, y, 226, height)
	}
	y += height + 10
	b.put(NewCard(container.NewWithoutLayout(), 0), 110, y, 940, 64)
	dose := NewDoseBar()
	dose.Set("Dose", 48, 62, Strong("48"), Muted("of 62 mJ/pin"))
	b.put(dose, 125, y, 300, 64)
	b.put(NewLine(Muted("Pass"), Strong("2"), Muted("of 3   Pulses"), Strong("86"), Muted("  Energy"), Strong("103 J")), 436, y, 400, 64)
	b.put(NewButton(r, Secondary, "Next pass", nil), 930, y+10, 105, 44)
	for i, s := range []string{"Screening", "Consent", "Numbing 31:04", "Tip bound", "Calibrated"} {
		b.put(NewLineButton(r, nil, CheckRuns(CheckDone, s, "")...), 106+float32(i)*150, y+70, 148, 44)
	}
	hold := NewHoldButton(r, clock, nil, nil)
	hold.Set(HoldState{Mode: HoldArmed, Text: "ARMED for these settings · trigger held", Disarm: "Disarm"})
	b.put(hold, 110, 676, 940, 76)
	b.put(NewGround(theme.Panel), 1068, top, theme.LiveWidth, 768-top)
	livePanels(b, top, alarm)
	b.put(NewStopButton("STOP", func() {}), 1087, 640, theme.StopWidth, theme.StopHeight)
}

func cardStates(alarm bool) []ValueCardState {
	quality, measured := InTolerance, "measured 11.8"
	if alarm {
		quality, measured = OutOfTolerance, "measured 9.2"
	}
	return []ValueCardState{
		{
			Title: "Depth", Step: "step 0.10", Value: "1.50", Unit: "mm", Measured: "measured 1.48", Quality: InTolerance,
			Bar:    LimitBarState{Min: 500, Max: 3500, LowBound: 500, HighBound: 2500, RecLow: 1000, RecHigh: 2000, Set: 1500, Measured: 1480, HasSet: true, HasMeasured: true},
			Reason: []Run{Plain("max"), Strong("2.50"), Plain("· zone: left cheek, scar")}, Detail: "pen allows 3.50",
		},
		{
			Title: "Speed", Step: "step 1", Value: "60", Unit: "/min", Measured: "measured 59", Quality: InTolerance,
			Bar:    LimitBarState{Min: 30, Max: 120, LowBound: 30, HighBound: 120, RecLow: 40, RecHigh: 90, Set: 60, Measured: 59, HasSet: true, HasMeasured: true},
			Reason: []Run{Plain("max"), Strong("120"), Plain("· pen R1")}, NoUp: true,
		},
		{
			Title: "RF power", Step: "step 1", Value: "12", Unit: "W", Measured: measured, Quality: quality,
			Bar:    LimitBarState{Min: 0, Max: 50, LowBound: 0, HighBound: 15, RecLow: 6, RecHigh: 13, Set: 12, Measured: 11, HasSet: true, HasMeasured: true},
			Reason: []Run{Plain("max"), Strong("15"), Plain("· dose 62 mJ/pin, type IV")}, Detail: "indication allows 25",
		},
		{
			Title: "Pulse", Step: "step 10", Value: "180", Unit: "ms", Refused: true, Message: "over 120: dose 62 mJ/pin",
			Bar:    LimitBarState{Min: 10, Max: 1000, LowBound: 10, HighBound: 400, RecLow: 150, RecHigh: 320, Set: 380, HasSet: true},
			Reason: []Run{Plain("max"), Strong("120"), Plain("· dose 62 mJ/pin, type IV")}, Detail: "indication allows 300",
		},
	}
}

func livePanels(b *bench, top float32, alarm bool) {
	const second = 1_000_000
	power := LiveState{Value: "11.8", Unit: "W", Right: "set 12", Quality: InTolerance}
	if alarm {
		power.Value, power.Quality = "9.2", OutOfTolerance
	}
	panels := []struct {
		label string
		text  LiveState
		scale LiveScale
		wave  func(float64) int32
	}{
		{"Depth", LiveState{"1.48", "mm", "set 1.50", InTolerance}, LiveScale{Low: 0, High: 2000, Set: 1500, HasSet: true, Trace: theme.Accent}, func(s float64) int32 {
			if math.Mod(s, 1) < 0.6 {
				return 1480
			}
			return 20
		}},
		{"Speed", LiveState{"59", "/min", "set 60", InTolerance}, LiveScale{Low: 0, High: 120, Set: 60, HasSet: true, Trace: theme.LowInk}, func(s float64) int32 { return 59 + int32(1.4*math.Sin(40*s)) }},
		{"RF power", power, LiveScale{Low: 0, High: 160, Limits: []int32{150}, Trace: theme.MediumInk}, func(s float64) int32 {
			if math.Mod(s, 1) < 0.6 {
				return 118
			}
			return 2
		}},
		{"Impedance", LiveState{"242", "Ω", "80 – 900", Stale}, LiveScale{Low: 0, High: 900, Trace: theme.ServiceInk}, func(s float64) int32 { return 242 + int32(30*math.Sin(8*s)) }},
		{"Tip temp.", LiveState{"", "°C", "max 65", NoValue}, LiveScale{Low: 2000, High: 7000, Limits: []int32{6500}, Trace: theme.HighInk}, func(s float64) int32 { return 3300 + int32(600*math.Sin(6*s)) }},
	}
	for i, p := range panels {
		series := chart.NewSeries(4000, second/4)
		for k := range int64(3340) {
			at := k * 5000
			series.Add(at+1, p.wave(float64(at)/second))
		}
		w := NewLivePanel(p.label, series)
		p.scale.Window = 10 * second
		w.SetScale(p.scale)
		w.Set(p.text)
		b.put(w, 1087, top+12+float32(i)*104, theme.StopWidth, 90)
		w.Redraw(16_700_000)
	}
}

func TestGalleryParts(t *testing.T) {
	for _, mode := range galleryModes() {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBench(t, mode, theme.Scale100)
			partsPage(b)
			b.write("parts-" + mode.String())
		})
	}
}

// partsPage shows what the treatment page does not.
func partsPage(b *bench) {
	r, clock := b.router, b.clock.clock()
	b.put(NewGround(theme.Background), 0, 0, 1366, 768)
	x := float32(20)
	for _, s := range states() {
		c := NewStatusChip()
		c.Set(s, "")
		w := c.MinSize().Width
		b.put(c, x, 12, w, 34)
		x += w + 12
	}
	x = 20
	for _, k := range []ButtonKind{Secondary, Primary, Ghost, Destructive} {
		b.put(NewButton(r, k, "Button", nil), x, 60, 120, 44)
		x += 132
	}
	focused := NewButton(r, Secondary, "Focused", nil)
	b.put(focused, x, 60, 120, 44)
	focused.FocusGained()
	off := NewButton(r, Primary, "Apply", nil)
	off.SetDisabled(true, "depth is refused")
	b.put(off, x+132, 60, 140, 52)
	pressed := NewButton(r, Secondary, "Pressed", nil)
	b.put(pressed, x+290, 60, 120, 44)
	pressed.MouseDown(nil)
	b.put(NewIconButton(r, Secondary, IconSearch, "Find", nil), x+422, 60, 120, 44)
	locked := NewPickerButton(r, nil)
	locked.Set("Zone", "Left cheek", "")
	locked.SetDisabled(true)
	b.put(locked, x+560, 60, 250, 44)

	holds := []HoldState{
		{Mode: HoldBlocked, Text: "Hold to arm · 2 things to do first"}, {Mode: HoldReady, Text: "Hold to arm"},
		{Mode: HoldReady, Text: "Hold to arm"}, {Mode: HoldBusy, Text: "Arming…"},
	}
	for i, s := range holds {
		h := NewHoldButton(r, clock, nil, nil)
		h.Set(s)
		b.put(h, 20, 124+float32(i)*88, 440, 76)
		if i == 2 {
			h.begin()
			b.clock.advance(600 * time.Millisecond)
		}
	}
	b.put(NewTabs(r, []string{"Presets 3", "Treatments 3", "Screening", "Details"}, nil), 20, 480, 440, 46)
	b.put(NewSearchEntry(r, "Name, file number or birth date", nil), 20, 540, 440, 44)
	entry := NewTextEntry(r, "")
	entry.SetText("Novák")
	field := NewLabelledField("Family name", entry)
	field.SetError("This name is needed to find the patient again")
	b.put(field, 20, 596, 440, 90)
	choice := NewChoice(r, []string{"female", "male", "other"}, nil)
	choice.Select(0)
	b.put(choice, 20, 700, 440, 44)

	list := NewRowList(r, nil, nil)
	list.Set([]Row{
		{Key: "1", Title: []Run{Strong("Ruiz, Ana")}, Sub: []Run{Small("1984-02-11 · F-20417 · type IV")}, Right: []Run{Plain("Acne scars · 2 of 4")}, RightSub: []Run{Small("today")}},
		{Key: "2", Title: []Run{Strong("Okafor, Chidi")}, Sub: []Run{Small("1991-07-30 · F-20388 · type VI")}, Right: []Run{Plain("Hypertrophic scar · 1 of 3")}, RightSub: []Run{Small("yesterday")}},
		{Key: "3", Title: []Run{Strong("Keloid scar")}, Disabled: true, Reason: "not with this pen: no insulated needles", Mark: MarkSquare, MarkColor: theme.HighInk},
		{Key: "4", Title: []Run{Strong("A name that is much longer than there is room for in the row")}, Sub: []Run{Small("1976-12-02")}, Right: []Run{Plain("Wrinkles · 4 of 4")}},
	}, "")
	b.put(list, 480, 124, 420, 252)
	list.Select(0)
	for i, level := range []BannerLevel{LowAlarm, MediumAlarm, HighAlarm} {
		banner := NewBanner(r, nil, nil, nil)
		banner.Set(BannerState{Level: level, Text: "Link lost: release the trigger, unplug the pen", First: "Acknowledge"})
		banner.Tick(time.UnixMilli(int64(900)))
		b.put(banner, 480, 392+float32(i)*50, 560, 44)
	}
	rows := container.NewVBox()
	for i, s := range []CheckState{CheckBlocked, CheckWarning, CheckDone, CheckOpen} {
		rows.Add(NewLineButton(r, nil, CheckRuns(s, []string{"Settings not applied", "Numbing is not over", "Screening, tip", "Self-test"}[i], "what to do about it")...))
	}
	b.put(NewCard(rows, 8), 480, 550, 420, 206)
	pad := NewHoldPad(r, "Hold: trigger", func(bool) {})
	buttons := container.NewGridWithColumns(3, NewButton(r, OnDrawer, "On skin", nil), NewButton(r, OnDrawer, "Change tip", nil), NewButton(r, OnDrawer, "Faults", nil))
	b.put(NewHatchedPanel(container.NewVBox(NewLine(Strong("Simulated handpiece").In(theme.OnDrawer)), pad, buttons)), 920, 560, 400, 196)

	empty := NewValueCard(r, clock, ValueCardEvents{})
	empty.Set(ValueCardState{Title: "Depth", Step: "step 0.05", Unit: "mm", Message: "no starting value: set one", Bar: LimitBarState{Min: 0, Max: 2500, LowBound: 0, HighBound: 1500, RecLow: 500, RecHigh: 1000}, Reason: []Run{Plain("max"), Strong("1.50"), Plain("· zone: scalp")}, Detail: "2.50 with a specialist override"})
	b.put(empty, 920, 124, 210, 300)
	typing := NewValueCard(r, clock, ValueCardEvents{})
	typing.Set(ValueCardState{Title: "Speed", Step: "step 100", Value: "6 000", Unit: "/min", Measured: "100 Hz · 1 200 punctures/s", Quality: Neutral, Bar: LimitBarState{Min: 0, Max: 9000, LowBound: 3000, HighBound: 9000, Set: 6000, HasSet: true}, Locked: false})
	b.put(typing, 1140, 124, 210, 300)
	typing.Field().FocusGained()
	typing.Field().TypedRune('7')
	typing.Field().TypedRune('5')
}
