package chart

import (
	"image"
	"image/color"
	"math"
)

// prepare draws the ground with its lines and makes room for a size.
func (s *Strip) prepare(size image.Point) {
	s.size, s.pending = size, false
	s.ground = make([]byte, 4*size.X*size.Y)
	s.reach = make([]span, size.X*sub)
	for i := 0; i < len(s.ground); i += 4 {
		put(s.ground[i:], s.cfg.Ground)
	}
	for _, l := range s.cfg.Levels {
		s.drawLevel(l)
	}
	// The pen is a disc: its reach is less at its sides, and the whole
	// radius in the middle.
	n := max(int(math.Round(s.cfg.LineWidth*sub)), 1)
	s.thick = make([]int32, n)
	radius := s.cfg.LineWidth / 2
	for i := range s.thick {
		d := max(math.Abs(float64(i)-float64(n-1)/2)-0.5, 0) / sub
		s.thick[i] = int32(math.Sqrt(max(radius*radius-d*d, 0)) * one)
	}
}

// drawLevel draws a line of one pixel into the ground.
func (s *Strip) drawLevel(l Level) {
	if l.Value < s.cfg.Low || l.Value > s.cfg.High {
		return
	}
	y := max(min(int(s.y(l.Value)/one), s.size.Y-1), 0) // a line wider than the picture has no inside
	period := max(l.On+l.Off, 1)
	for x := range s.size.X {
		if l.Off <= 0 || x%period < l.On {
			put(s.ground[4*(y*s.size.X+x):], l.Color)
		}
	}
}

// fill draws the reach with the thickness of the line. Each column is looked
// at in parts; the share of a pixel that they cover is its opacity.
func (s *Strip) fill(dst *image.RGBA) {
	for x := range s.size.X {
		var parts [sub]span
		all, common := nothing(), span{math.MinInt32, math.MaxInt32}
		for i := range parts {
			p := s.thickened(x*sub + i)
			parts[i] = p
			all.top, all.bottom = min(all.top, p.top), max(all.bottom, p.bottom)
			common.top, common.bottom = max(common.top, p.top), min(common.bottom, p.bottom)
		}
		if all.bottom > all.top {
			s.fillColumn(dst, x, &parts, all, common)
		}
	}
}

// thickened is the reach of the line with its width at a sub-column.
func (s *Strip) thickened(i int) span {
	out := nothing()
	first := i - len(s.thick)/2
	for k, t := range s.thick {
		c := first + k
		if c < 0 || c >= len(s.reach) {
			continue
		}
		r := s.reach[c]
		if r.bottom < r.top {
			continue
		}
		out.top, out.bottom = min(out.top, r.top-t), max(out.bottom, r.bottom+t)
	}
	return out
}

// fillColumn draws a column whose parts reach over all, and all of whose parts
// reach over common.
func (s *Strip) fillColumn(dst *image.RGBA, x int, parts *[sub]span, all, common span) {
	first := max(int(all.top>>8), 0)
	last := min(int((all.bottom-1)>>8), s.size.Y-1)
	c := s.cfg.Trace
	for y := first; y <= last; y++ {
		p := dst.Pix[y*dst.Stride+4*x:]
		row := int32(y) << 8
		if row >= common.top && row+one <= common.bottom {
			put(p, c)
			continue
		}
		var cover uint32
		for i := range parts {
			cover += parts[i].cover(row)
		}
		blend(p, c, cover/sub)
	}
}

// cover is how much of a row of one pixel the span covers, 0 to 256.
func (r span) cover(row int32) uint32 {
	from, to := max(r.top, row), min(r.bottom, row+one)
	if to <= from {
		return 0
	}
	return uint32(to - from)
}

// cursorOpacity lets the trace show through the cursor.
const cursorOpacity = 208

func (s *Strip) drawCursor(dst *image.RGBA, x int) {
	if x >= s.size.X {
		return
	}
	for y := range s.size.Y {
		blend(dst.Pix[y*dst.Stride+4*x:], s.cfg.Cursor, cursorOpacity)
	}
}

func put(p []byte, c color.RGBA) {
	_ = p[3]
	p[0], p[1], p[2], p[3] = c.R, c.G, c.B, 0xFF
}

// blend lays a colour over an opaque pixel with an opacity of 0 to 256.
func blend(p []byte, c color.RGBA, opacity uint32) {
	_ = p[3]
	rest := one - opacity
	p[0] = uint8((uint32(p[0])*rest + uint32(c.R)*opacity) >> 8)
	p[1] = uint8((uint32(p[1])*rest + uint32(c.G)*opacity) >> 8)
	p[2] = uint8((uint32(p[2])*rest + uint32(c.B)*opacity) >> 8)
}
