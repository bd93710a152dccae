package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// recordingFile makes a recording of those records.
func recordingFile(t *testing.T, records ...link.Record) string {
	t.Helper()
	var b bytes.Buffer
	w, err := link.NewWriter(&b, link.Header{Start: time.Unix(0, 0), Info: map[string]string{"port": "a\x1b[31mb"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "r")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A port with a USB identity may be a real pen: it is not opened, whichever
// side is played and whatever would answer.
func TestReplayRefusesAPlug(t *testing.T) {
	path := recordingFile(t, link.Record{Bytes: []byte("x")})
	for _, as := range []string{"console", "pen"} {
		ports := withPens([]device.Port{{Path: "/dev/ttyACM0", VID: "1209", PID: "5354"}}, nil)
		ports.open = func(device.Port) (io.ReadWriteCloser, error) {
			t.Error("the port was opened")
			return nil, os.ErrPermission
		}
		var out, errs bytes.Buffer
		exit := run(context.Background(), []string{"replay", path, "--as", as}, console{out: &out, err: &errs, ports: ports})
		if exit != exitRefused || out.Len() != 0 || errs.String() != "penctl: /dev/ttyACM0: not a simulated pen: the port has a USB identity\n" {
			t.Errorf("as %s: exit %d, %q, %q", as, exit, &out, &errs)
		}
	}
}

// Gaps are shown whatever the filter is, notes and dropped bytes unless it asks
// for a lane or a type; nothing of a file reaches the terminal raw.
func TestDecodeShowsWhatIsNoFrame(t *testing.T) {
	lease := protocol.Append(nil, protocol.Header{Session: 7}, &protocol.Lease{ArmID: 1, Clock: 2})
	path := recordingFile(t,
		link.Record{At: time.Second, To: link.ToPen, Bytes: lease[:5]},
		link.Record{At: 2 * time.Second, To: link.ToConsole, Bytes: []byte("\x00junk\x00")},
		link.Record{At: 3 * time.Second, To: link.ToPen, Bytes: lease[5:]},
		link.Record{At: 4 * time.Second, Gap: link.Gap{ToPen: 5, ToConsole: 6, For: time.Millisecond}},
		link.Record{At: 5 * time.Second, Key: "k\n", Value: "\x1b[2J"},
		link.Record{At: 6 * time.Second, To: link.ToConsole, Bytes: []byte("tail")})
	const (
		header  = `recording of 1970-01-01T00:00:00Z, "port": "a\x1b[31mb"` + "\n"
		dropped = "     2.000000 s pen     dropped 6 bytes: byte stuffing broken\n"
		frame   = "     3.000000 s console live    LEASE            seq 0  arm_id=00000001 clock=2µs\n"
		gap     = "     4.000000 s gap: the recorder lost 6 bytes of the pen and 5 of the console in 1ms\n"
		tail    = "              - pen     dropped 4 bytes: frame incomplete\n"
		note    = `     5.000000 s note "k\n": "\x1b[2J"` + "\n"
	)
	for flags, want := range map[string]string{
		"":               header + dropped + frame + gap + note + tail,
		"--from console": header + frame + gap + note,
		"--from pen":     header + dropped + gap + note + tail,
		"--lane live":    header + frame + gap,
		"--lane stop":    header + gap,
		"--type LEASE":   header + frame + gap,
		"--type STATUS":  header + gap,
	} {
		var out, errs bytes.Buffer
		args := append([]string{"decode", path}, strings.Fields(flags)...)
		if exit := run(context.Background(), args, console{out: &out, err: &errs}); exit != exitOK || out.String() != want || errs.Len() != 0 {
			t.Errorf("%s: exit %d, %q\n%s\nwant\n%s", flags, exit, &errs, &out, want)
		}
	}
	var out bytes.Buffer
	run(context.Background(), []string{"decode", path, "--json"}, console{out: &out, err: io.Discard})
	for _, want := range []string{
		`{"type":"recording","start":"1970-01-01T00:00:00Z","info":{"port":"a\u001b[31mb"}}`,
		`{"type":"dropped","at_us":2000000,"from":"pen","reason":"byte stuffing broken","bytes":6}`,
		`{"type":"gap","at_us":4000000,"pen_bytes":6,"console_bytes":5,"for_us":1000}`,
		`{"type":"note","at_us":5000000,"key":"k\n","value":"\u001b[2J"}`,
	} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, &out)
		}
	}
}
