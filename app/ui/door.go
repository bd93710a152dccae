package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// door is what a person sees before there is a room: one card in the middle of the
// window that shows one sheet at a time. There is no pen yet, so that there is
// nothing to stop, and Escape leads back.
type door struct {
	canvas fyne.Canvas
	words  *words.Words
	keys   *keys.Router
	names  trace.Names
	page   string // its name in a trace
	sheets []*sheet
	at     int
	root   *fyne.Container
	states func(into map[string]string)
}

// The measures of a door.
const (
	doorPad    float32 = 28
	doorHead   float32 = 48 // of the line above the card
	doorFields float32 = 14 // between the parts of a sheet
)

func newDoor(c fyne.Canvas, page string) *door {
	d := &door{canvas: c, words: words.English(), page: page}
	d.keys = keys.New(keys.Config{Stop: func() {}, OutputPossible: func() bool { return false }})
	d.keys.Attach(c)
	return d
}

// build stacks the sheets on a card of a size, under a head.
func (d *door) build(size fyne.Size, head fyne.CanvasObject, sheets ...*sheet) {
	d.sheets = sheets
	stack := container.NewStack()
	for i, s := range sheets {
		s.object = container.New(s, s.objects()...)
		s.object.Hidden = i != 0
		stack.Add(s.object)
	}
	card := widgets.NewCard(stack, 0)
	d.root = container.New(&doorLayout{size: size}, widgets.NewGround(theme.Background), head, card)
}

// doorLayout puts the card in the middle and the head above it. The size is that at
// the largest text; smaller text asks for less height.
type doorLayout struct{ size fyne.Size }

// tall is the height of the card.
func (l *doorLayout) tall() float32 {
	const least, largest = 0.82, 1.5
	scale := fyne.CurrentApp().Settings().Theme().Size(theme.SizeBody) / theme.BaseSize(theme.SizeBody)
	return l.size.Height * (least + (1-least)*(scale-1)/(largest-1))
}

// MinSize implements fyne.Layout.
func (l *doorLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(l.size.Width, l.tall()+doorHead+2*theme.Gap)
}

// Layout implements fyne.Layout.
func (l *doorLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	ground, head, card := objects[0], objects[1], objects[2]
	put(ground, 0, 0, s.Width, s.Height)
	x := float32(int((s.Width - l.size.Width) / 2))
	y := float32(int((s.Height - l.tall() - doorHead) / 2))
	put(head, x, y, l.size.Width, doorHead)
	put(card, x, y+doorHead, l.size.Width, l.tall())
}

// Content is what the composition root puts into its window.
func (d *door) Content() fyne.CanvasObject { return d.root }

// Snapshot is what is visible now, for a trace. No passphrase, code or PIN is in it.
func (d *door) Snapshot() trace.Snapshot {
	w := trace.NewWalker(&d.names)
	w.Walk(d.root, d.root.Position(), d.root.Size(), false)
	s := trace.Snapshot{Page: d.page, Controls: w.Controls(), Texts: w.Texts(), States: map[string]string{}}
	d.states(s.States)
	return s
}

// turn shows another sheet and puts the focus where it begins.
func (d *door) turn(to int) {
	d.canvas.Unfocus()
	d.sheets[d.at].object.Hide()
	d.at = to
	d.sheets[to].object.Show()
	d.settle()
	d.begin()
}

// settle places the sheet in front again, after a text in it has another height.
func (d *door) settle() { d.sheets[d.at].object.Refresh() }

// begin puts the focus where the sheet in front begins.
func (d *door) begin() {
	if f := d.sheets[d.at].focus; f != nil {
		d.canvas.Focus(f)
	}
}

func (d *door) t(key string, args ...any) string { return d.words.T(key, args...) }

// button is a button with a name.
func (d *door) button(name string, kind widgets.ButtonKind, key string, act func()) *widgets.Button {
	b := widgets.NewButton(d.keys, kind, d.t(key), act)
	b.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	d.names.Set(b, "button", d.page+"."+name)
	return b
}

// entry is a field for text with a name.
func (d *door) entry(name string, onChange func(string), onEnter func()) *widgets.TextEntry {
	e := widgets.NewTextEntry(d.keys, "")
	e.OnChanged = onChange
	e.OnKey = func(k fyne.KeyName) bool {
		if enter := k == fyne.KeyReturn || k == fyne.KeyEnter; !enter {
			return false
		}
		onEnter()
		return true
	}
	d.names.Set(e, "entry", d.page+"."+name)
	return e
}

// secret is a field for a passphrase with a name.
func (d *door) secret(name string, onChange, onEnter func()) *widgets.SecretField {
	f := widgets.NewSecretField(d.keys, d.t("secret.caps"), onChange, onEnter)
	d.names.Set(f, "secret", d.page+"."+name)
	return f
}

// code is a field for a recovery code, or a piece of one, with a name.
func (d *door) code(name string, length int, head string, onChange, onEnter func()) *widgets.CodeField {
	f := widgets.NewCodeField(d.keys, length, head, onChange, onEnter)
	d.names.Set(f, "code", d.page+"."+name)
	return f
}

// sheet is one step: a title, what belongs to it, and buttons below.
type sheet struct {
	title       *widgets.Line
	body        fyne.CanvasObject
	left, right []*widgets.Button
	focus       fyne.Focusable
	object      *fyne.Container
}

func newSheet(title string, body fyne.CanvasObject) *sheet {
	return &sheet{title: widgets.NewLine(widgets.Title(title)), body: body}
}

// objects are the parts in reading order.
func (s *sheet) objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{s.title, s.body}
	for _, b := range append(append([]*widgets.Button(nil), s.left...), s.right...) {
		out = append(out, b)
	}
	return out
}

// MinSize implements fyne.Layout.
func (s *sheet) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 200) }

// Layout implements fyne.Layout.
func (s *sheet) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	head := s.title.MinSize().Height
	wide := size.Width - 2*doorPad
	put(s.title, doorPad, doorPad-theme.Gap, wide, head)
	bottom := size.Height - doorPad + theme.Gap
	x := doorPad
	wideOf := func(b *widgets.Button) float32 { return max(b.MinSize().Width+16, 120) }
	for _, b := range s.left {
		put(b, x, bottom-theme.TouchFar, wideOf(b), theme.TouchFar)
		x += wideOf(b) + 12
	}
	x = size.Width - doorPad
	for i := len(s.right) - 1; i >= 0; i-- {
		w := wideOf(s.right[i])
		put(s.right[i], x-w, bottom-theme.TouchFar, w, theme.TouchFar)
		x -= w + 12
	}
	if len(s.left)+len(s.right) > 0 {
		bottom -= theme.TouchFar + 12
	}
	top := doorPad + head + theme.Gap
	put(s.body, doorPad, top, wide, bottom-top)
}

// pile stacks objects; a paragraph is as tall as its text wraps.
type pile struct{ gap float32 }

func newPile(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(pile{gap}, objects...)
}

// MinSize implements fyne.Layout.
func (c pile) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

// Layout implements fyne.Layout.
func (c pile) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		if p, ok := o.(*widgets.Paragraph); ok {
			h = p.HeightFor(s.Width)
		}
		put(o, 0, y, s.Width, h)
		y += h + c.gap
	}
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
}

// wiped overwrites a secret.
func wiped(b []byte) { clear(b) }
