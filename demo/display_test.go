package main

import (
	"context"
	"encoding/binary"
	"errors"
	"image/color"
	"testing"
)

func TestDisplay(t *testing.T) {
	d, err := openDisplay(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	img, err := d.read()
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != screenWidth || got.Y != screenHeight {
		t.Errorf("picture of %v, want %d x %d", got, screenWidth, screenHeight)
	}
	friend := &person{env: d.environment()}
	if _, err := friend.tool(t.Context(), "xdotool", "getmouselocation"); err != nil {
		t.Error(err)
	}
	stranger := &person{env: d.environment("XAUTHORITY=/dev/null")}
	if out, err := stranger.tool(t.Context(), "xdotool", "getmouselocation"); err == nil {
		t.Errorf("without the cookie: %s", out)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
	if d.server.running() {
		t.Error("Xvfb is still running")
	}
	if _, err := friend.tool(context.WithoutCancel(t.Context()), "xdotool", "getmouselocation"); err == nil {
		t.Error("the display is still there")
	}
}

func xwd(w, h int, pixels ...byte) []byte {
	fields := make([]uint32, xwdFields)
	fields[xwdHeaderSize], fields[xwdVersion], fields[xwdFormat], fields[xwdDepth] = 4*xwdFields+4, 7, xwdZPixmap, 24
	fields[xwdWidth], fields[xwdHeight], fields[xwdBitsPerPixel], fields[xwdBytesPerLine] = uint32(w), uint32(h), 32, uint32(4*w)
	fields[xwdRedMask], fields[xwdGreenMask], fields[xwdBlueMask], fields[xwdColours] = 0xFF0000, 0xFF00, 0xFF, 1
	var b []byte
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, f)
	}
	b = append(b, "name"...)
	b = append(b, make([]byte, xwdColourBytes)...)
	return append(b, pixels...)
}

func TestXWD(t *testing.T) {
	good := xwd(2, 1, 3, 2, 1, 0, 6, 5, 4, 0)
	img, err := decodeXWD(good)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := img.RGBAAt(0, 0), img.RGBAAt(1, 0); a != (color.RGBA{1, 2, 3, 255}) || b != (color.RGBA{4, 5, 6, 255}) {
		t.Errorf("%v, %v", a, b)
	}
	for n := range good {
		if _, err := decodeXWD(good[:n]); !errors.Is(err, errXWD) {
			t.Fatalf("%d of %d bytes: %v", n, len(good), err)
		}
	}
	for _, field := range []int{xwdVersion, xwdFormat, xwdWidth, xwdHeight, xwdBitsPerPixel, xwdBytesPerLine, xwdRedMask, xwdColours, xwdHeaderSize} {
		bad := append([]byte(nil), good...)
		binary.BigEndian.PutUint32(bad[4*field:], 0xFFFFFFFF)
		if _, err := decodeXWD(bad); !errors.Is(err, errXWD) {
			t.Errorf("field %d: %v", field, err)
		}
	}
}
