package trace

import (
	"fmt"
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// parent is a widget that shows what it is made of. The toolkit keeps a
// widget's renderer to itself, so that the house widgets tell by this method.
type parent interface{ Children() []fyne.CanvasObject }

// part is a clickable piece of a composite widget.
type part interface{ PartName() string }

// valued is a control with a value of its own, such as a text field.
type valued interface{ TraceValue() string }

// switchable is a control that can be off.
type switchable interface{ Disabled() bool }

// worded is a control whose text is its value.
type worded interface{ Text() string }

// Names gives controls their stable names. The zero value is ready for use; it
// belongs to the window's thread.
type Names struct {
	byObject map[fyne.CanvasObject]name
}

type name struct{ text, kind string }

// Set names an object. A composite's parts are named after it:
// "treat.depth" has "treat.depth.plus".
func (n *Names) Set(o fyne.CanvasObject, kind, text string) {
	if n.byObject == nil {
		n.byObject = make(map[fyne.CanvasObject]name)
	}
	n.byObject[o] = name{text: text, kind: kind}
}

// Forget takes away the names that begin with a prefix, for what is built anew
// each time it opens.
func (n *Names) Forget(prefix string) {
	for o, v := range n.byObject {
		if strings.HasPrefix(v.text, prefix) {
			delete(n.byObject, o)
		}
	}
}

// Find is the object of a name under root, also of a part, such as
// "treat.depth.plus"; nil where nothing of that name is visible.
func (n *Names) Find(root fyne.CanvasObject, text string) fyne.CanvasObject {
	w := NewWalker(n)
	w.wanted = text
	w.Walk(root, fyne.NewPos(0, 0), root.Size(), false)
	return w.found
}

// Walker collects what is visible under some roots.
type Walker struct {
	names    *Names
	controls []Control
	texts    []string
	seen     map[string]bool
	wanted   string
	found    fyne.CanvasObject
}

// NewWalker returns a walker that finds controls by their names.
func NewWalker(names *Names) *Walker { return &Walker{names: names, seen: map[string]bool{}} }

// Walk adds what is visible under root, which stands at a position of the
// canvas. Blocked says that something lies over root, so that its controls
// can't be used.
func (w *Walker) Walk(root fyne.CanvasObject, at fyne.Position, clip fyne.Size, blocked bool) {
	w.visit(root, at, area{fyne.NewPos(0, 0), clip}, "", blocked)
}

// Controls are the controls that were found.
func (w *Walker) Controls() []Control { return w.controls }

// Texts are the texts that were found.
func (w *Walker) Texts() []string { return w.texts }

// area is what is left visible by the scroller that things stand in.
type area struct {
	pos  fyne.Position
	size fyne.Size
}

func (a area) cut(pos fyne.Position, size fyne.Size) area {
	x0, y0 := max(a.pos.X, pos.X), max(a.pos.Y, pos.Y)
	x1 := min(a.pos.X+a.size.Width, pos.X+size.Width)
	y1 := min(a.pos.Y+a.size.Height, pos.Y+size.Height)
	return area{fyne.NewPos(x0, y0), fyne.NewSize(max(x1-x0, 0), max(y1-y0, 0))}
}

func (w *Walker) visit(o fyne.CanvasObject, at fyne.Position, clip area, under string, blocked bool) {
	if o == nil || !o.Visible() {
		return
	}
	inside := clip.cut(at, o.Size())
	if inside.size.Width <= 0 || inside.size.Height <= 0 {
		return
	}
	if named, ok := w.identify(o, under); ok {
		under = named.text
		w.add(o, named, inside, blocked)
	}
	switch c := o.(type) {
	case *canvas.Text:
		w.text(c.Text)
	case *fyne.Container:
		w.all(c.Objects, at, clip, under, blocked)
	case *container.Scroll:
		w.visit(c.Content, at.Add(c.Content.Position()), inside, under, blocked)
	case parent:
		w.all(c.Children(), at, clip, under, blocked)
	}
}

func (w *Walker) all(objects []fyne.CanvasObject, at fyne.Position, clip area, under string, blocked bool) {
	for _, child := range objects {
		if child != nil {
			w.visit(child, at.Add(child.Position()), clip, under, blocked)
		}
	}
}

// identify finds the name of an object: its own, or the part of the composite
// that it stands in.
func (w *Walker) identify(o fyne.CanvasObject, under string) (name, bool) {
	if n, ok := w.names.byObject[o]; ok {
		return n, true
	}
	if p, ok := o.(part); ok && under != "" && p.PartName() != "" {
		return name{text: under + "." + p.PartName(), kind: kindOf(o)}, true
	}
	return name{}, false
}

func (w *Walker) add(o fyne.CanvasObject, n name, seen area, blocked bool) {
	if w.seen[n.text] {
		return
	}
	w.seen[n.text] = true
	if n.text == w.wanted {
		w.found = o
	}
	r := image.Rect(int(seen.pos.X), int(seen.pos.Y),
		int(seen.pos.X+seen.size.Width), int(seen.pos.Y+seen.size.Height))
	c := Control{Name: n.text, Kind: n.kind, X: r.Min.X, Y: r.Min.Y, W: r.Dx(), H: r.Dy(), Enabled: !blocked}
	if s, ok := o.(switchable); ok && s.Disabled() {
		c.Enabled = false
	}
	switch v := o.(type) {
	case valued:
		c.Value = v.TraceValue()
	case worded:
		c.Value = v.Text()
	}
	w.controls = append(w.controls, c)
}

func (w *Walker) text(s string) {
	if strings.TrimSpace(s) != "" {
		w.texts = append(w.texts, s)
	}
}

// kindOf is the name of an object's type without its package: "Button".
func kindOf(o fyne.CanvasObject) string {
	t := fmt.Sprintf("%T", o)
	return strings.ToLower(t[strings.LastIndexByte(t, '.')+1:])
}
