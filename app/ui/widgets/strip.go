package widgets

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// StripState is what the status strip says. Items without runs are left out.
type StripState struct {
	State State
	Word  string // the state in the operator's language; "" is its own word
	// Room is the word for whose width the chip's place is kept, so that what stands
	// beside it does not move with the state. A longer word takes what it needs.
	Room string
	// Items stand left to right with a rule between them: pen, tip, battery,
	// link. The last ones give way first when the window is narrow.
	Items     [][]Run
	Simulated string // the word on the hatched badge; "" for a real pen
	Operator  string
	Role      string
}

// StatusStrip is the bar at the top of the window, 52 high, never covered.
type StatusStrip struct {
	base
	chip     *StatusChip
	badge    *SimulatedBadge
	operator *LineButton
	lock     *Button
	state    StripState
	items    []*Line
	rules    []*canvas.Rectangle
}

// NewStatusStrip returns a strip. onOperator and onLock may be nil, then the
// name is plain and the lock is absent.
func NewStatusStrip(r *keys.Router, onOperator, onLock func()) *StatusStrip {
	s := &StatusStrip{chip: NewStatusChip(), badge: NewSimulatedBadge(""), operator: NewLineButton(r, onOperator)}
	s.badge.Hide()
	s.operator.Name = "operator"
	if onLock != nil {
		s.lock = NewIconButton(r, Ghost, IconLock, "", onLock)
		s.lock.Name = "lock"
	}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows a state.
func (s *StatusStrip) Set(state StripState) {
	s.chip.Set(state.State, state.Word)
	s.badge.Set(state.Simulated)
	s.operator.Set(Plain(state.Operator), Muted(state.Role))
	relayout := len(state.Items) != len(s.items)
	for len(s.items) < len(state.Items) {
		s.items = append(s.items, NewLine())
		s.rules = append(s.rules, canvas.NewRectangle(color.Black))
	}
	for i, l := range s.items {
		var runs []Run
		if i < len(state.Items) {
			runs = state.Items[i]
		}
		relayout = relayout || !sameRuns(l.runs, runs)
		l.Set(runs...)
	}
	relayout = relayout || state.State != s.state.State || state.Word != s.state.Word ||
		state.Simulated != s.state.Simulated || state.Operator != s.state.Operator || state.Role != s.state.Role
	s.state = state
	if relayout {
		s.Refresh()
	}
}

// Tick moves the pulse of the chip.
func (s *StatusStrip) Tick(now time.Time) { s.chip.Tick(now) }

// StateText is the word of the chip.
func (s *StatusStrip) StateText() string { return s.chip.Text() }

// CreateRenderer implements fyne.Widget.
func (s *StatusStrip) CreateRenderer() fyne.WidgetRenderer {
	r := &stripRenderer{strip: s, edge: canvas.NewRectangle(color.Black)}
	r.paint()
	return r
}

type stripRenderer struct {
	strip *StatusStrip
	edge  *canvas.Rectangle
}

func (r *stripRenderer) Destroy() {}

func (r *stripRenderer) MinSize() fyne.Size { return fyne.NewSize(400, theme.StripHeight) }

func (r *stripRenderer) Objects() []fyne.CanvasObject {
	s := r.strip
	objs := []fyne.CanvasObject{r.edge, s.chip}
	for i, l := range s.items {
		objs = append(objs, s.rules[i], l)
	}
	objs = append(objs, s.badge, s.operator)
	if s.lock != nil {
		objs = append(objs, s.lock)
	}
	s.keep(objs)
	return objs
}

func (r *stripRenderer) paint() {
	s := r.strip
	r.edge.FillColor = ink(s, theme.Line)
	for _, rule := range s.rules {
		rule.FillColor = ink(s, theme.Line)
	}
}

func (r *stripRenderer) Refresh() {
	r.paint()
	r.Layout(r.strip.Size())
	for _, o := range r.Objects() {
		if w, ok := o.(fyne.Widget); ok {
			w.Refresh()
		}
	}
	canvas.Refresh(r.strip)
}

func (r *stripRenderer) Layout(size fyne.Size) {
	s := r.strip
	const side, gap = 18, itemGap
	h := size.Height - 1
	place(r.edge, 0, h, size.Width, 1)
	right := size.Width - side
	if s.lock != nil {
		right += side - theme.Touch + 2 // its target reaches to the edge
		right -= 6
		place(s.lock, right, (h-theme.Touch)/2, theme.Touch, theme.Touch)
		right -= 2
	}
	w := s.operator.NaturalWidth()
	right -= w
	place(s.operator, right, (h-theme.Touch)/2, w, theme.Touch)
	if s.badge.Visible() {
		m := s.badge.MinSize()
		right -= m.Width + 6
		place(s.badge, right, (h-m.Height)/2, m.Width, m.Height)
	}
	right -= gap
	m := s.chip.MinSize()
	place(s.chip, side, (h-m.Height)/2, m.Width, m.Height)
	s.layoutItems(float32(side)+max(m.Width, s.chip.widthOf(s.state.Room))+gap, right, h)
}

// itemGap is the space on each side of a rule between two items.
const itemGap = 22

// layoutItems places the items between left and right. Large text shrinks
// evenly first; then the last items give way.
func (s *StatusStrip) layoutItems(left, right, h float32) {
	natural, shown := float32(0), 0
	for _, l := range s.items {
		if len(l.runs) > 0 {
			natural += l.NaturalWidth() + 1
			shown++
		}
	}
	room := right - left - 2*itemGap*float32(max(shown-1, 0))
	least := theme.BaseSize(theme.SizeBody) / size(s, theme.SizeBody)
	factor := min(1, max(room/max(natural, 1), least))
	x, first := left, true
	for i, l := range s.items {
		s.rules[i].Hide()
		l.Hide()
		start := x
		if !first {
			start += itemGap
		}
		wide := min((l.NaturalWidth()+1)*factor, right-start)
		if len(l.runs) == 0 || wide < min(l.NaturalWidth()*factor, itemLeast) {
			continue
		}
		if !first {
			s.rules[i].Show()
			place(s.rules[i], x, (h-24)/2, 1, 24)
		}
		l.Show()
		place(l, start, 0, wide, h)
		x, first = start+wide+itemGap, false
	}
}

// itemLeast is the width below which an item is left out and not cut.
const itemLeast = 90
