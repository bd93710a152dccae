package widgets

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The toolkit's reader of SVG scales a drawing and leaves the width of its lines
// as it is, in pixels: an icon of twice the size would have lines half as thick, as
// would one whose picture is made at twice the size. So no drawing of the house has
// a line in it. A line is the surface that it covers, which scales as any other.

// point is a point of a drawing.
type point struct{ x, y float64 }

func (p point) plus(q point) point              { return point{p.x + q.x, p.y + q.y} }
func (p point) times(f float64) point           { return point{p.x * f, p.y * f} }
func (p point) minus(q point) point             { return p.plus(q.times(-1)) }
func (p point) length() float64                 { return math.Hypot(p.x, p.y) }
func (p point) toward(q point, f float64) point { return p.plus(q.minus(p).times(f)) }

// outline draws lines of a width along paths, with round ends and corners.
func outline(width float64, paths ...string) string {
	var b strings.Builder
	for _, d := range paths {
		for _, run := range runs(d) {
			b.WriteString(solid(strip(run, width/2)))
			for _, end := range []point{run[0], run[len(run)-1]} {
				fmt.Fprintf(&b, `<circle cx="%.3f" cy="%.3f" r="%.3f" fill="#C"/>`, end.x, end.y, width/2)
			}
		}
	}
	return b.String()
}

// dashed draws a path in dashes of a length, with gaps between them. They are one
// surface: the toolkit's reader takes as long for a dash as for all of them, and there
// are a hundred around an arm button.
func dashed(width, dash, gap float64, d string) string {
	var b strings.Builder
	var at point
	var now []point // of the dash, or of the gap
	drawn, left := true, dash
	flip := func() {
		if drawn && len(now) > 1 {
			b.WriteString(strip(now, width/2))
		}
		drawn, now, left = !drawn, []point{at}, dash
		if !drawn {
			left = gap
		}
	}
	for i, run := range runs(d) {
		if i == 0 {
			at = run[0]
			now = append(now, at)
		}
		for _, to := range run[1:] {
			for rest := to.minus(at).length(); rest > left; rest = to.minus(at).length() {
				at = at.toward(to, left/rest)
				now = append(now, at)
				flip()
			}
			left -= to.minus(at).length()
			at = to
			now = append(now, at)
		}
	}
	flip()
	return solid(b.String())
}

// solid fills a path.
func solid(d string) string { return `<path d="` + d + `" fill="#C"/>` }

// strip is the surface of a line of half a width along a run.
func strip(run []point, half float64) string {
	var b strings.Builder
	back := make([]point, len(run))
	for i, p := range run {
		along := run[min(i+1, len(run)-1)].minus(run[max(i-1, 0)])
		side := point{-along.y, along.x}.times(half / max(along.length(), 1e-9))
		back[len(run)-1-i] = p.minus(side)
		corner(&b, i == 0, p.plus(side))
	}
	for _, p := range back {
		corner(&b, false, p)
	}
	return b.String() + "Z "
}

func corner(b *strings.Builder, first bool, p point) {
	command := "L"
	if first {
		command = "M"
	}
	fmt.Fprintf(b, "%s%.3f %.3f ", command, p.x, p.y)
}

// curveSteps is in how many straight pieces a curve is cut: of a quarter of a
// circle as large as a STOP octagon none is off by a tenth of a pixel.
const curveSteps = 12

// runs are the smooth pieces of a path of absolute M, L, C and Z, each as points.
func runs(d string) [][]point {
	for _, command := range []string{"M", "L", "C", "Z"} {
		d = strings.ReplaceAll(d, command, " "+command+" ")
	}
	words := strings.Fields(d)
	number := func() float64 {
		v, _ := strconv.ParseFloat(words[0], 64) // the drawings are ours, and a test draws each
		words = words[1:]
		return v
	}
	next := func() point { return point{x: number(), y: number()} }
	var out [][]point
	var start, at point
	for len(words) > 0 {
		command := words[0]
		words = words[1:]
		from := at
		switch command {
		case "M":
			at = next()
			start = at
			continue
		case "C":
			a, b := next(), next()
			at = next()
			out = append(out, curve(from, a, b, at))
			continue
		case "L":
			at = next()
		case "Z":
			at = start
		}
		if at != from {
			out = append(out, []point{from, at})
		}
	}
	return out
}

// curve is a cubic Bézier curve in straight pieces.
func curve(from, a, b, to point) []point {
	out := make([]point, curveSteps+1)
	for i := range out {
		f := float64(i) / curveSteps
		left, mid, right := from.toward(a, f), a.toward(b, f), b.toward(to, f)
		out[i] = left.toward(mid, f).toward(mid.toward(right, f), f)
	}
	return out
}

// round is how far the handles of a curve lie from its ends for a quarter of a
// circle, in radii.
const round = 0.5522847

// ring is the path of a circle.
func ring(x, y, r float64) string { return frame(x-r, y-r, 2*r, 2*r, r) }

// frame is the path of a rectangle with round corners.
func frame(x, y, w, h, r float64) string {
	k, right, low := r*(1-round), x+w, y+h
	if r == 0 {
		return fmt.Sprintf("M%g %g L%g %g L%g %g L%g %g Z", x, y, right, y, right, low, x, low)
	}
	return fmt.Sprintf("M%g %g L%g %g C%g %g %g %g %g %g", x+r, y, right-r, y, right-k, y, right, y+k, right, y+r) +
		fmt.Sprintf(" L%g %g C%g %g %g %g %g %g", right, low-r, right, low-k, right-k, low, right-r, low) +
		fmt.Sprintf(" L%g %g C%g %g %g %g %g %g", x+r, low, x+k, low, x, low-k, x, low-r) +
		fmt.Sprintf(" L%g %g C%g %g %g %g %g %g Z", x, y+r, x, y+k, x+k, y, x+r, y)
}
