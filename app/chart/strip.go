package chart

import (
	"image"
	"image/color"
	"math"
)

// Level is a fixed horizontal line: a limit, or what is set.
type Level struct {
	Value int32
	Color color.RGBA
	// On and Off are the lengths of a dash and of the space after it, in
	// pixels; Off 0 is an unbroken line.
	On, Off int
}

// Config is how a strip looks. Colours are opaque.
type Config struct {
	Low, High int32 // the fixed scale; High is at the top
	Window    int64 // µs from the left edge to the right one
	Blank     int   // pixels ahead of the cursor that are kept empty
	LineWidth float64
	Ground    color.RGBA
	Trace     color.RGBA
	Cursor    color.RGBA
	Levels    []Level
}

// one is a pixel in the fixed-point numbers that the strip computes with, and
// sub the number of columns that each pixel's column is looked at in.
const (
	one = 256
	sub = 4
)

// span is the vertical reach of the trace in a part of a column, in 1/256
// pixel from the top; empty where bottom is above top.
type span struct{ top, bottom int32 }

// nothing is the empty span that any value widens.
func nothing() span { return span{math.MaxInt32, math.MinInt32} }

// Strip draws a series into a picture. It keeps the ground with its lines
// ready and the room to compute in, so that a redraw allocates nothing.
type Strip struct {
	cfg     Config
	size    image.Point
	ground  []byte
	reach   []span  // of the bare curve, by sub-column
	thick   []int32 // how far the pen reaches up and down, by sub-column of its width
	pending bool    // the ground has to be drawn anew
}

// NewStrip returns a strip. A Window below 1 µs counts as 1, a High not above
// Low as one above it.
func NewStrip(cfg Config) *Strip {
	s := &Strip{}
	s.Configure(cfg)
	return s
}

// Configure changes the looks or the scale with the next redraw. The strip
// keeps its own copy of the levels.
func (s *Strip) Configure(cfg Config) {
	cfg.Window = max(cfg.Window, 1)
	cfg.High = max(cfg.High, cfg.Low+1)
	cfg.Levels = append([]Level(nil), cfg.Levels...)
	s.cfg, s.pending = cfg, true
}

// Draw draws the newest window of a series into dst as of now, in µs of the
// same clock as the samples. Samples newer than now move the cursor with them.
func (s *Strip) Draw(dst *image.RGBA, series *Series, now int64) {
	size := dst.Rect.Size()
	if size.X <= 0 || size.Y <= 0 {
		return
	}
	if s.pending || size != s.size {
		s.prepare(size)
	}
	for y := range size.Y { // a sub-picture has wider rows than it shows
		copy(dst.Pix[y*dst.Stride:y*dst.Stride+4*size.X], s.ground[4*size.X*y:])
	}
	for i := range s.reach {
		s.reach[i] = nothing()
	}
	cursor := s.trace(series, now)
	s.fill(dst)
	s.drawCursor(dst, cursor)
}

// trace finds the reach of the curve and returns the column of the cursor.
func (s *Strip) trace(series *Series, now int64) int {
	series.mu.Lock()
	defer series.mu.Unlock()
	if series.n > 0 {
		now = max(now, series.at(series.n-1).At)
	}
	var last *entry
	for i := series.firstAfter(now - s.cfg.Window); i < series.n; i++ {
		e := series.at(i)
		if last != nil && e.joined {
			s.join(last.Sample, e.Sample)
		} else {
			x, y := s.x(e.At), s.y(e.Value)
			s.widen(int(x>>8), y, y)
		}
		last = e
	}
	cursor := int(s.x(now) >> 8)
	for i := range s.cfg.Blank * sub {
		s.reach[(cursor+1+i)%len(s.reach)] = nothing()
	}
	return cursor / sub
}

// x is the place of a time in 1/256 sub-columns.
func (s *Strip) x(at int64) int64 {
	phase := at % s.cfg.Window
	if phase < 0 {
		phase += s.cfg.Window
	}
	return int64(float64(phase) / float64(s.cfg.Window) * float64(len(s.reach)*one))
}

// y is the height of a value in 1/256 pixels from the top, held inside the
// picture by half the width of the line, or in its middle where the line is
// wider than the picture is high.
func (s *Strip) y(v int32) int32 {
	c := &s.cfg
	v = min(max(v, c.Low), c.High)
	edge := min(int64(c.LineWidth*one/2), int64(s.size.Y)*one/2)
	room := int64(s.size.Y)*one - 2*edge
	return int32(edge + room*(int64(c.High)-int64(v))/(int64(c.High)-int64(c.Low)))
}

// join puts the straight line between two samples into the reach, over the
// right edge where the sweep begins anew.
func (s *Strip) join(a, b Sample) {
	x0, x1 := s.x(a.At), s.x(b.At)
	y0, y1 := s.y(a.Value), s.y(b.Value)
	if x1 >= x0 {
		s.segment(x0, x1, y0, y1)
		return
	}
	width := int64(len(s.reach) * one)
	before := width - x0
	at := y0 + int32(int64(y1-y0)*before/max(before+x1, 1))
	s.segment(x0, width-1, y0, at)
	s.segment(0, x1, at, y1)
}

func (s *Strip) segment(x0, x1 int64, y0, y1 int32) {
	first, last := int(x0>>8), int(x1>>8)
	if first == last {
		s.widen(first, min(y0, y1), max(y0, y1))
		return
	}
	from, dy, dx := y0, int64(y1-y0), x1-x0
	for c := first; c <= last; c++ {
		to := y1
		if c < last {
			to = y0 + int32(dy*(int64(c+1)*one-x0)/dx)
		}
		s.widen(c, min(from, to), max(from, to))
		from = to
	}
}

func (s *Strip) widen(column int, top, bottom int32) {
	if column >= len(s.reach) {
		return
	}
	r := &s.reach[column]
	r.top, r.bottom = min(r.top, top), max(r.bottom, bottom)
}
