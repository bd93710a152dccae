package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestKeyboard presses a key of a real display, which says so itself.
func TestKeyboard(t *testing.T) {
	d, err := openDisplay(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, d.close()) })
	k, err := openKeyboard(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, k.close()) })
	code, err := k.code(escapeSymbol)
	if err != nil {
		t.Fatal(err)
	}
	const queryKeymap = 44
	for _, press := range []bool{true, false} {
		if err := k.key(code, press); err != nil {
			t.Fatal(err)
		}
		// Bit n of the map, from its 9th byte on, is key n.
		answer, err := k.ask([]byte{queryKeymap, 0, 0, 0})
		if err != nil {
			t.Fatal(err)
		}
		if down := answer[8+code/8]>>(code%8)&1 == 1; down != press {
			t.Errorf("pressed %v, the display says %v", press, down)
		}
	}
	if _, err := k.code(0x1234567); !errors.Is(err, errX) {
		t.Errorf("a symbol on no key: %v", err)
	}
	if err := k.key(1, true); !errors.Is(err, errX) {
		t.Errorf("a key below the first: %v", err)
	}
	stranger := *d
	stranger.cookie = filepath.Join(t.TempDir(), "other")
	if err := writeCookie(stranger.cookie); err != nil {
		t.Fatal(err)
	}
	if k, err := openKeyboard(&stranger); !errors.Is(err, errX) {
		t.Errorf("with another cookie: %v, %v", k, err)
	}
}

func TestCookie(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cookie")
	if err := writeCookie(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name, cookie, err := readCookie(path)
	if err != nil || string(name) != "MIT-MAGIC-COOKIE-1" || !bytes.Equal(cookie, raw[len(raw)-16:]) {
		t.Errorf("%q, %x, %v", name, cookie, err)
	}
	for n := range raw {
		if err := os.WriteFile(path, raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readCookie(path); err == nil {
			t.Errorf("%d of %d bytes are read as a cookie", n, len(raw))
		}
	}
}
