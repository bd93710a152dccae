// Package chart draws live values as sweep-style strip charts into a picture
// that the caller keeps.
//
// A [Series] is a ring of samples with the pen's own time; what is missing is
// a gap and never a straight line over it. A [Strip] draws the newest seconds
// of a series on a fixed scale: from left to right and again from the left,
// with a cursor at now and a blank ahead of it, the way a bedside monitor does.
//
// A Series may be filled by one goroutine while another draws it. A Strip
// belongs to the goroutine that draws. A redraw allocates nothing once the
// size of the picture is known. The package reads no clock, knows no toolkit
// and writes no text: labels are the caller's, at the positions of [Ticks].
package chart
