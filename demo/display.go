package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The virtual display is the laptop that the window is made for: 13 inches,
// 1366 x 768, 24 bits.
const (
	screenWidth  = 1366
	screenHeight = 768
	// displayLimit is how long Xvfb may take to say that it is up; it takes
	// 0.1 s on an idle machine.
	displayLimit = 20 * time.Second
)

// display is a screen that exists in memory only.
type display struct {
	server *process
	name   string // ":99"
	cookie string // file that opens it
	memory string // file that its pixels are mapped to
}

// openDisplay starts Xvfb on a free number of its own choice. Only who can
// read the cookie file in dir can draw on it or press its keys; nothing
// listens on the network.
func openDisplay(ctx context.Context, dir string) (*display, error) {
	cookie := filepath.Join(dir, "xauthority")
	if err := writeCookie(cookie); err != nil {
		return nil, err
	}
	server, err := launch{
		name: "Xvfb", path: "Xvfb", side: true,
		args: []string{"-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight), "-dpi", "96", "-nolisten", "tcp", "-auth", cookie, "-noreset", "-fbdir", dir},
	}.start()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, displayLimit)
	defer cancel()
	number, _, err := server.side.find(ctx, 0, func(l []byte) bool { _, err := strconv.Atoi(string(l)); return err == nil })
	if err != nil {
		server.kill()
		return nil, fmt.Errorf("virtual display: %w%s", err, server.lastWords())
	}
	return &display{server: server, name: ":" + string(number.text), cookie: cookie, memory: filepath.Join(dir, "Xvfb_screen0")}, nil
}

// close ends the server.
func (d *display) close() error { return d.server.end() }

// read returns what the display shows. It reads the pixels from the file that
// the server maps them to: asking the server for them would hold up whoever
// draws, and a window that can't draw stops leasing.
func (d *display) read() (*image.RGBA, error) {
	raw, err := os.ReadFile(d.memory)
	if err != nil {
		return nil, fmt.Errorf("virtual display: %w", err)
	}
	return decodeXWD(raw)
}

// environment is this process's environment with the display in place of any
// other, at scale 1, drawn in software, in English.
func (d *display) environment(extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_SESSION_TYPE", "LANG", "LANGUAGE":
			return true
		}
		return strings.HasPrefix(name, "FYNE_") || strings.HasPrefix(name, "LC_")
	})
	env = append(env, "DISPLAY="+d.name, "XAUTHORITY="+d.cookie, "FYNE_SCALE=1", "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8")
	return append(env, extra...)
}

// writeCookie writes an X authority file with one random cookie that counts
// for any display: the number is not known yet. The layout is that of
// libXau: family, then address, number, name and data, each with its length
// before it, all big-endian.
func writeCookie(path string) error {
	const familyWild = 0xFFFF
	cookie := make([]byte, 16)
	if _, err := rand.Read(cookie); err != nil {
		return fmt.Errorf("virtual display: %w", err)
	}
	b := binary.BigEndian.AppendUint16(nil, familyWild)
	for _, part := range [][]byte{nil, nil, []byte("MIT-MAGIC-COOKIE-1"), cookie} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(part)))
		b = append(b, part...)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return fmt.Errorf("virtual display: %w", err)
	}
	return nil
}
