//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
)

func TestProgressIsForTerminals(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		name string
		c    console
		want bool
	}{
		{"terminal", console{err: tty}, true},
		{"terminal with json", console{err: tty, json: true}, false},
		{"file", console{err: file}, false},
		{"buffer", console{err: &bytes.Buffer{}}, false},
	} {
		p := c.c.progress()
		p.show(1, 2, "half")
		p.end()
		if got := p.w != nil; got != c.want {
			t.Errorf("%s: shown %v", c.name, got)
		}
	}
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("file has %v, %v", info, err)
	}
	want := "\r[============            ]  50 %  half\x1b[K\r\x1b[K"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(master, got); err != nil || string(got) != want {
		t.Errorf("terminal has %q, %v", got, err)
	}
}

func TestProgressIsSparing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := &progress{w: &b}
		p.end() // nothing to take away
		for i := range int64(1000) {
			p.show(i, 1000, "%d", i)
			time.Sleep(time.Millisecond)
		}
		p.end()
		p.end()
		if lines := strings.Count(b.String(), "\r"); lines != 11 {
			t.Errorf("%d lines in a second: %q", lines, &b)
		}
	})
}

func TestBarAndSize(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		want        string
	}{
		{0, 0, ""}, {5, -1, ""},
		{0, 10, "[                        ]   0 %  "},
		{10, 10, "[========================] 100 %  "},
		{99, 10, "[========================] 100 %  "},
		{-5, 10, "[                        ]   0 %  "},
	} {
		if got := bar(c.done, c.total); got != c.want {
			t.Errorf("%d of %d: %q", c.done, c.total, got)
		}
	}
	for n, want := range map[int64]string{0: "0 bytes", 9999: "9999 bytes", 10_000: "10 kB", 9_999_999: "9999 kB", 12_345_678: "12 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
