package overlay

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// pictures is a folder to write pictures to, for a look at them.
var pictures = flag.String("pictures", "", "write pictures of the layer to this folder")

// stage is a window's content with a page, STOP and the layer.
type stage struct {
	t        *testing.T
	canvas   software.WindowlessCanvas
	router   *keys.Router
	layer    *Layer
	page     *widgets.Button
	strip    *widgets.StatusStrip
	possible bool
	stops    int
	pressed  int
}

// stopCorner is the corner that the shell keeps free for STOP.
func stopCorner() fyne.Size { return fyne.NewSize(theme.LiveWidth, theme.StopHeight+32) }

func newStage(t *testing.T, mode theme.Mode) *stage {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(mode, theme.Scale100))
	s := &stage{t: t, canvas: software.NewCanvas()}
	s.router = keys.New(keys.Config{Stop: func() { s.stops++ }, OutputPossible: func() bool { return s.possible }})
	s.canvas.SetPadded(false)
	s.layer = New(s.router, s.canvas, stopCorner())
	s.page = widgets.NewButton(s.router, widgets.Secondary, "Page", func() { s.pressed++ })
	s.strip = widgets.NewStatusStrip(s.router, func() {}, nil)
	stop := widgets.NewStopButton("STOP", func() { s.stops++ })
	page := container.NewWithoutLayout(widgets.NewGround(theme.Background), s.page, stop)
	body := container.NewStack(page, s.layer.Object())
	root := container.NewWithoutLayout(s.strip, body)
	s.canvas.SetContent(root)
	s.canvas.Resize(fyne.NewSize(1366, 768))
	set(s.strip, 0, 0, 1366, theme.StripHeight)
	set(body, 0, theme.StripHeight, 1366, 716)
	set(page.Objects[0], 0, 0, 1366, 716)
	set(s.page, 300, 200, 400, 80)
	set(stop, 1087, 588, theme.StopWidth, theme.StopHeight)
	return s
}

// under is the object that gets a press at a point of the window, found as the
// window's driver finds it: the last one in drawing order that takes input.
func (s *stage) under(x, y float32) fyne.CanvasObject {
	var found fyne.CanvasObject
	var walk func(o fyne.CanvasObject, at fyne.Position)
	walk = func(o fyne.CanvasObject, at fyne.Position) {
		if !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		inside := x >= at.X && y >= at.Y && x < at.X+o.Size().Width && y < at.Y+o.Size().Height
		if inside {
			switch o.(type) {
			case fyne.Tappable, fyne.Focusable, desktop.Mouseable:
				found = o
			}
		}
		switch c := o.(type) {
		case *fyne.Container:
			for _, child := range c.Objects {
				walk(child, at)
			}
		case *container.Scroll:
			walk(c.Content, at)
		case interface{ Children() []fyne.CanvasObject }:
			for _, child := range c.Children() {
				walk(child, at)
			}
		}
	}
	walk(s.canvas.Content(), fyne.Position{})
	return found
}

func (s *stage) write(name string) {
	s.t.Helper()
	img := s.canvas.Capture()
	if *pictures == "" {
		return
	}
	f, err := os.Create(filepath.Join(*pictures, name+".png"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		s.t.Fatal(err)
	}
}

// key presses and types a key the way the window does.
func (s *stage) key(name fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: name}
	focused := s.canvas.Focused()
	if k, ok := focused.(desktop.Keyable); ok {
		k.KeyDown(ev)
	} else if !s.router.KeyDown(ev) && name == fyne.KeyTab && s.router.OnTab != nil {
		s.router.OnTab()
	}
	if name == fyne.KeyTab {
		s.canvas.FocusNext()
	} else if f := s.canvas.Focused(); f != nil {
		f.TypedKey(ev)
	}
	s.router.KeyUp(ev)
}

func zones() []Item {
	return []Item{
		{Key: "cheek_left", Name: "Left cheek", Detail: "skin 1.2 mm", Right: "0.50 – 2.50 mm", Current: true},
		{Key: "cheek_right", Name: "Right cheek", Detail: "skin 1.2 mm", Right: "0.50 – 2.50 mm"},
		{Key: "periorbital", Name: "Around the eye", Disabled: true, Reason: "not with this pen: no insulated needles"},
		{Key: "forehead", Name: "Forehead", Detail: "skin 1.0 mm", Right: "0.50 – 1.50 mm"},
	}
}

// openings opens each kind of panel.
func openings(s *stage, chosen, answered *string) map[string]func() {
	return map[string]func(){
		"picker": func() {
			s.layer.ShowPicker(Picker{Title: "Zone", Items: zones(), Search: "Search zones", OnChoose: func(k string) { *chosen = k }})
		},
		"short picker": func() {
			s.layer.ShowPicker(Picker{Title: "Zone", Items: zones(), OnChoose: func(k string) { *chosen = k }})
		},
		"question": func() {
			s.layer.ShowQuestion(Question{
				Title: "Load this preset?", Text: "The settings on show have not been applied and will be replaced by “Cheek, second session”, revision 3. Nothing is sent to the pen until you apply it.",
				Answers:  []Answer{{Key: "keep", Text: "Keep mine", Kind: widgets.Secondary}, {Key: "load", Text: "Load", Kind: widgets.Primary}},
				OnAnswer: func(k string) { *answered = k },
			})
		},
		"note": func() { s.layer.ShowNote("Help", "A short text.", "Close") },
		"form": func() {
			s.layer.ShowForm(Form{
				Title: "New patient",
				Content: container.NewVBox(
					widgets.NewLabelledField("Family name", widgets.NewTextEntry(s.router, "")),
					widgets.NewLabelledField("Given name", widgets.NewTextEntry(s.router, "")),
					widgets.NewChoice(s.router, []string{"female", "male"}, nil),
				),
				Answers:  []Answer{{Key: "save", Text: "Save", Kind: widgets.Primary}},
				OnAnswer: func(k string) { *answered = k; s.layer.Done() },
			})
		},
	}
}

func TestStopCanBePressedWithAnythingOpen(t *testing.T) {
	var chosen, answered string
	for name := range openings(newStage(t, theme.Dark), &chosen, &answered) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, theme.Dark)
			openings(s, &chosen, &answered)[name]()
			s.write("overlay-" + name)
			if s.canvas.Overlays().Top() != nil {
				t.Fatal("one of the toolkit's overlays is open")
			}
			stop, ok := s.under(1218, 696).(*widgets.StopButton)
			if !ok {
				t.Fatalf("%T lies over STOP", s.under(1218, 696))
			}
			stop.MouseDown(&desktop.MouseEvent{})
			if s.stops != 1 || !s.layer.IsOpen() {
				t.Errorf("%d stops, open %v", s.stops, s.layer.IsOpen())
			}
			for x := float32(1068); x < 1366; x += 7 {
				for y := float32(626); y < 768; y += 7 {
					switch o := s.under(x, y).(type) {
					case nil, *widgets.StopButton:
					default:
						t.Fatalf("%T lies in the corner of STOP at %v, %v", o, x, y)
					}
				}
			}
			if _, ok := s.under(1300, 26).(*shield); ok {
				t.Error("the layer covers the status strip")
			}
			if o := s.under(320, 300); o == fyne.CanvasObject(s.page) {
				t.Error("the page under the layer can be pressed")
			}
		})
	}
}

func TestEachStopKeyStopsWithAnythingOpen(t *testing.T) {
	var chosen, answered string
	for name := range openings(newStage(t, theme.Dark), &chosen, &answered) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, theme.Dark)
			s.possible = true
			openings(s, &chosen, &answered)[name]()
			for i := range 12 { // every control of the panel, and around again
				before := s.stops
				s.key(fyne.KeyEscape)
				s.key(fyne.KeySpace)
				if s.stops != before+2 {
					t.Fatalf("%d stops of 2 at control %d, %T", s.stops-before, i, s.canvas.Focused())
				}
				s.key(fyne.KeyTab)
			}
			if !s.layer.IsOpen() || chosen != "" || answered != "" {
				t.Error("a stop key closed or answered something")
			}
		})
	}
}

func TestTheFocusStaysInside(t *testing.T) {
	var chosen, answered string
	for name := range openings(newStage(t, theme.Dark), &chosen, &answered) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, theme.Dark)
			s.canvas.Focus(s.page)
			openings(s, &chosen, &answered)[name]()
			inside := map[fyne.Focusable]bool{}
			for _, step := range []func(){s.canvas.FocusNext, s.canvas.FocusPrevious} {
				for range 12 {
					f := s.canvas.Focused()
					if f == nil || f == fyne.Focusable(s.page) {
						t.Fatalf("the focus left the panel for %T", f)
					}
					inside[f] = true
					step()
				}
			}
			if len(inside) < 2 {
				t.Errorf("only %d controls were reached", len(inside))
			}
			s.canvas.Unfocus() // a click beside the panel
			s.key(fyne.KeyTab)
			if f := s.canvas.Focused(); f == nil || !inside[f] {
				t.Errorf("Tab from nowhere went to %T", f)
			}
			s.layer.Close()
			if s.canvas.Focused() != fyne.Focusable(s.page) {
				t.Errorf("the focus did not come back: %T", s.canvas.Focused())
			}
		})
	}
}

func TestEscapeClosesWhereItIsNoStop(t *testing.T) {
	s := newStage(t, theme.Dark)
	cancelled := 0
	var changes []bool
	s.layer.OnChange = func(open bool) { changes = append(changes, open) }
	s.layer.ShowPicker(Picker{Title: "Zone", Items: zones(), Search: "Search", OnCancel: func() { cancelled++ }})
	s.key(fyne.KeyEscape)
	if s.layer.IsOpen() || cancelled != 1 || s.stops != 0 {
		t.Errorf("open %v, cancelled %d, stops %d", s.layer.IsOpen(), cancelled, s.stops)
	}
	if len(changes) != 2 || !changes[0] || changes[1] {
		t.Errorf("changes %v", changes)
	}
}

func TestAPickerIsUsedByKeyboardAlone(t *testing.T) {
	cases := []struct {
		name  string
		typed string
		keys  []fyne.KeyName
		want  string
	}{
		{"the current one", "", []fyne.KeyName{fyne.KeyReturn}, "cheek_left"},
		{"the next", "", []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn}, "cheek_right"},
		{"a disabled one", "", []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn}, ""},
		{"by search", "FORE", []fyne.KeyName{fyne.KeyReturn}, "forehead"},
		{"by detail", "1.0", []fyne.KeyName{fyne.KeyReturn}, "forehead"},
		{"nothing fits", "xyz", []fyne.KeyName{fyne.KeyReturn}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, theme.Dark)
			chosen := ""
			s.layer.ShowPicker(Picker{Title: "Zone", Items: zones(), Search: "Search", Empty: "Nothing fits.", OnChoose: func(k string) {
				if s.layer.IsOpen() {
					t.Error("chosen before it had closed")
				}
				chosen = k
			}})
			for _, r := range c.typed {
				s.canvas.Focused().TypedRune(r)
			}
			for _, k := range c.keys {
				s.key(k)
			}
			if chosen != c.want {
				t.Errorf("chose %q, want %q", chosen, c.want)
			}
			if s.layer.IsOpen() != (c.want == "") {
				t.Errorf("open %v", s.layer.IsOpen())
			}
		})
	}
}

func TestOneThingIsOpenAtATime(t *testing.T) {
	s := newStage(t, theme.Dark)
	s.canvas.Focus(s.page)
	cancelled := false
	s.layer.ShowPicker(Picker{Title: "Zone", Items: zones(), OnCancel: func() { cancelled = true }})
	s.layer.ShowNote("Help", "Text.", "Close")
	if !cancelled {
		t.Error("the first one was not told that it is gone")
	}
	s.key(fyne.KeyReturn)
	if s.layer.IsOpen() || s.canvas.Focused() != fyne.Focusable(s.page) {
		t.Errorf("open %v, focus %T", s.layer.IsOpen(), s.canvas.Focused())
	}
}

func TestATapBesideClosesAPickerAndNothingElse(t *testing.T) {
	var chosen, answered string
	for name := range openings(newStage(t, theme.Dark), &chosen, &answered) {
		s := newStage(t, theme.Dark)
		openings(s, &chosen, &answered)[name]()
		beside, ok := s.under(4, 60).(*shield)
		if !ok {
			t.Fatalf("%s: no shield beside the panel", name)
		}
		beside.Tapped(&fyne.PointEvent{})
		if light := name == "picker" || name == "short picker"; s.layer.IsOpen() == light {
			t.Errorf("%s: open %v after a tap beside it", name, s.layer.IsOpen())
		}
	}
}

func TestTheFirstFocusOfAQuestionIsNotDestructive(t *testing.T) {
	s := newStage(t, theme.Light)
	s.layer.ShowQuestion(Question{
		Title: "End the treatment?", Text: "The record is closed and can't be changed any more.",
		Answers: []Answer{{Key: "end", Text: "End it", Kind: widgets.Destructive}, {Key: "back", Text: "Go on", Kind: widgets.Primary}},
	})
	s.write("overlay-question-light")
	if b, ok := s.canvas.Focused().(*widgets.Button); !ok || b.Text() != "Go on" {
		t.Errorf("the focus is on %v", s.canvas.Focused())
	}
}

func TestALongListIsQuickAndSearchable(t *testing.T) {
	s := newStage(t, theme.Light)
	items := make([]Item, 5000)
	for i := range items {
		items[i] = Item{Key: string(rune('a'+i%26)) + time.Duration(i).String(), Name: "Patient", Detail: "1984-02-11 · type IV"}
	}
	items[4321].Name = "Ruiz, Ana"
	chosen := ""
	s.layer.ShowPicker(Picker{Title: "Patient", Items: items, Search: "Name, file number or birth date", OnChoose: func(k string) { chosen = k }})
	s.write("overlay-long")
	for _, r := range "ruiz" {
		s.canvas.Focused().TypedRune(r)
	}
	s.key(fyne.KeyReturn)
	if chosen != items[4321].Key {
		t.Errorf("chose %q", chosen)
	}
}
