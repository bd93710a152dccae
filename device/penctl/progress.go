package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	// progressEvery is how often a terminal is written to: often enough to be seen
	// moving, and no burden on a slow one.
	progressEvery = 100 * time.Millisecond
	// progressWidth is the bar's; with the text behind it a line stays below 80
	// columns.
	progressWidth = 24
)

// progress is a line on standard error that says how far long work is. It is
// there only where a person looks: on a terminal, and not with --json.
type progress struct {
	w    io.Writer // nil: nobody looks
	next time.Time // when the line may be written again
	open bool      // the line is on the screen
}

func (c console) progress() *progress {
	if c.json || !isTerminal(c.err) {
		return &progress{}
	}
	return &progress{w: c.err}
}

// isTerminal says whether a person may be looking at what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show says that done of total is done; total 0: nobody knows how much it is.
func (p *progress) show(done, total int64, format string, args ...any) {
	now := time.Now()
	if p.w == nil || now.Before(p.next) {
		return
	}
	p.next, p.open = now.Add(progressEvery), true
	p.line(bar(done, total) + fmt.Sprintf(format, args...))
}

// end takes the line from the screen.
func (p *progress) end() {
	if p.open {
		p.line("")
		p.open = false
	}
}

// line replaces the line. A terminal that is gone is no reason to end the
// work, which has its own results.
func (p *progress) line(text string) { _, _ = fmt.Fprintf(p.w, "\r%s\x1b[K", text) }

// bar is the picture of a share; empty without a total.
func bar(done, total int64) string {
	if total <= 0 {
		return ""
	}
	share := float64(min(max(done, 0), total)) / float64(total)
	full := int(share * progressWidth)
	return fmt.Sprintf("[%s%s] %3d %%  ", strings.Repeat("=", full), strings.Repeat(" ", progressWidth-full), int(share*100))
}

// size is a number of bytes for a person.
func size(bytes int64) string {
	switch {
	case bytes < 10_000:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 10_000_000:
		return fmt.Sprintf("%d kB", bytes/1000)
	}
	return fmt.Sprintf("%d MB", bytes/1_000_000)
}
