package main

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestDisplay(t *testing.T) {
	d, err := openDisplay(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &person{env: d.environment()}
	path := filepath.Join(t.TempDir(), "root.png")
	if err := p.picture(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != screenWidth || got.Y != screenHeight {
		t.Errorf("picture of %v, want %d x %d", got, screenWidth, screenHeight)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
	if d.server.running() {
		t.Error("Xvfb is still running")
	}
	stranger := &person{env: append(d.environment(), "XAUTHORITY=/dev/null")}
	if err := stranger.picture(context.Background(), path); err == nil {
		t.Error("drew on a display that is closed")
	}
}
