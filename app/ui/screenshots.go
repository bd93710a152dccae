package ui

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"

	"stipple/app/ui/pages"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// The size of a picture: the smallest laptop that the window is made for.
const (
	PictureWidth  float32 = 1366
	PictureHeight float32 = 768
)

// Screenshots draws every scene, and all that is seen before there is a room, in
// light and dark into PNG files in dir, without a display, and returns their
// paths. A toolkit app must exist; its theme is changed. dir is created if it is
// missing.
func Screenshots(dir string, scenes []sample.Scene) ([]string, error) {
	return draw(dir, scenes, doorScenes())
}

func draw(dir string, scenes []sample.Scene, doors []doorScene) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("screenshots: %w", err)
	}
	var paths []string
	for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
		for _, s := range scenes {
			path := filepath.Join(dir, s.Name+"-"+mode.String()+".png")
			if err := writePNG(path, Picture(s, Prefs{Mode: mode, Scale: theme.Scale100})); err != nil {
				return paths, fmt.Errorf("screenshots: %w", err)
			}
			paths = append(paths, path)
		}
		more, err := drawDoors(dir, mode, doors)
		paths = append(paths, more...)
		if err != nil {
			return paths, err
		}
	}
	return paths, nil
}

// Picture draws one scene.
func Picture(s sample.Scene, p Prefs) image.Image {
	_, c := open(s, p)
	return c.Capture()
}

// open builds a window over a scene, on a canvas in memory.
func open(s sample.Scene, p Prefs) (*Window, software.WindowlessCanvas) {
	return openDesk(s, s.Desk, p)
}

// openDesk is open with a desk in place of the scene's.
func openDesk(s sample.Scene, d pages.Desk, p Prefs) (*Window, software.WindowlessCanvas) {
	wear(p)
	software.NewCanvas().Capture() // has the toolkit give up what was drawn long ago: no driver does here
	c := software.NewCanvas()
	c.SetPadded(false)
	cfg := Config{Canvas: c, Desk: d, Dispatch: Inline, Now: sample.Now, Prefs: p}
	if s.Lock != "" || !d.View().Training {
		cfg.Lock = sampleLocking()
	}
	if !d.View().Training {
		cfg.OnSignOut, cfg.Own = func() {}, sampleOwn()
	}
	w := New(cfg)
	w.drawer.open = s.Drawer
	c.SetContent(w.Content())
	c.Resize(fyne.NewSize(PictureWidth, PictureHeight))
	w.ShowPage(s.Page)
	w.arrange()
	w.drawer.look()
	w.tick()
	for _, name := range s.Tap {
		w.tap(c, name)
	}
	if s.Lock != "" {
		w.Lock(sampleLock(s.Lock))
		if strings.HasPrefix(s.Lock, sampleSecond) {
			w.lock.turn()
			w.Lock(sampleLock(s.Lock))
		}
	}
	return w, c
}

// wear puts the theme on, where it is not: the toolkit reads the fonts anew each time.
func wear(p Prefs) {
	next := theme.New(p.Mode, p.Scale)
	now, ok := fyne.CurrentApp().Settings().Theme().(*theme.Theme)
	if !ok || now.Mode() != next.Mode() || now.Scale() != next.Scale() {
		fyne.CurrentApp().Settings().SetTheme(next)
	}
}

// tap taps a control by its name in the trace, or with name=text types into it; with
// =text where the focus is.
func (w *Window) tap(c fyne.Canvas, name string) {
	name, text, types := strings.Cut(name, "=")
	var o any = w.find(name)
	if types && name == "" {
		o = c.Focused()
	}
	if o == nil {
		c.Capture() // rows of a list exist once they were drawn
		o = w.find(name)
	}
	if f, ok := o.(fyne.Focusable); ok && types {
		for _, r := range text {
			f.TypedRune(r)
		}
	} else if o, ok := o.(fyne.Tappable); ok {
		c.Unfocus()
		o.Tapped(&fyne.PointEvent{})
	}
	w.tick()
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		_ = f.Close() // the first error counts
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}
