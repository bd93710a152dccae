package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
)

// The fields of an XWD header that matter here, by their place. The header is
// 25 numbers of 32 bits, big-endian, followed by the window's name, a table of
// colours and the pixels (X11/XWDFile.h).
const (
	xwdHeaderSize = iota
	xwdVersion
	xwdFormat
	xwdDepth
	xwdWidth
	xwdHeight
	_ // x offset
	xwdByteOrder
	_ // bitmap unit
	_ // bitmap bit order
	_ // bitmap pad
	xwdBitsPerPixel
	xwdBytesPerLine
	_ // visual class
	xwdRedMask
	xwdGreenMask
	xwdBlueMask
	_ // bits per rgb
	_ // colormap entries
	xwdColours
	xwdFields = 25
)

const (
	xwdZPixmap     = 2
	xwdColourBytes = 12
	xwdMaxColours  = 256
	xwdMaxSide     = 1 << 14
)

var errXWD = errors.New("not a 24-bit XWD picture")

// decodeXWD reads the picture that Xvfb keeps in its -fbdir: true colour, 32
// bits a pixel, least significant byte first.
func decodeXWD(raw []byte) (*image.RGBA, error) {
	if len(raw) < 4*xwdFields {
		return nil, errXWD
	}
	field := func(i int) int { return int(binary.BigEndian.Uint32(raw[4*i:])) }
	w, h, line := field(xwdWidth), field(xwdHeight), field(xwdBytesPerLine)
	known := field(xwdVersion) == 7 && field(xwdFormat) == xwdZPixmap && field(xwdBitsPerPixel) == 32 && field(xwdByteOrder) == 0 &&
		field(xwdRedMask) == 0xFF0000 && field(xwdGreenMask) == 0xFF00 && field(xwdBlueMask) == 0xFF
	if !known || w < 1 || h < 1 || w > xwdMaxSide || h > xwdMaxSide || line < 4*w || line > 8*xwdMaxSide {
		return nil, errXWD
	}
	head, colours := field(xwdHeaderSize), field(xwdColours)
	if head < 4*xwdFields || head > len(raw) || colours > xwdMaxColours || len(raw)-head < colours*xwdColourBytes+h*line {
		return nil, fmt.Errorf("%w: cut short", errXWD)
	}
	raw = raw[head+colours*xwdColourBytes:]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		from, to := raw[y*line:], img.Pix[y*img.Stride:]
		for x := range w {
			to[4*x], to[4*x+1], to[4*x+2], to[4*x+3] = from[4*x+2], from[4*x+1], from[4*x], 0xFF
		}
	}
	return img, nil
}
