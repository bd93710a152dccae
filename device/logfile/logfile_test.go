package logfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

var begun = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)

func info() device.Info {
	return device.Info{Model: "R1", Serial: "0042", Descriptor: &protocol.Descriptor{Events: []protocol.EventSpec{
		{Code: 2, Name: "state_change", Args: []string{"from", "to"}}, {Code: 5, Name: "fault", Level: 2, Args: []string{"fault"}},
	}}}
}

func record(index, boot uint32, code uint16) protocol.LogRecord {
	r := protocol.LogRecord{Boot: boot, Index: index, Clock: protocol.PenClock(1000 * index), Code: code, Args: [2]int32{1, -2}}
	r.Seal()
	return r
}

// pageOf makes what a download would hand over.
func pageOf(t interface{ Fatal(...any) }, cur *device.LogCursor, records ...protocol.LogRecord) device.LogPage {
	var page device.LogPage
	for _, r := range records {
		e, err := cur.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		page.Entries = append(page.Entries, e)
	}
	return page
}

// written makes a file of two boots with a damaged record, and returns its path
// and its records.
func written(t *testing.T) (string, []protocol.LogRecord) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pen.log")
	w, err := logfile.Create(path, info(), 3, begun)
	if err != nil {
		t.Fatal(err)
	}
	records := []protocol.LogRecord{record(5, 1, 2), record(6, 1, 5), record(9, 2, 77), record(10, 2, 2)}
	records[3].Args[0] = 9 // damaged in the pen's memory
	cur := w.Cursor
	page := pageOf(t, &cur, records...)
	page.Entries[0].Gap = &device.LogGap{From: 3, To: 4, Kind: device.GapGone}
	if err := w.Take(page); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path, records
}

func read(t *testing.T, path string) (logfile.Copy, []logfile.Line, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []logfile.Line
	held, err := logfile.Read(f, func(l logfile.Line) error { all = append(all, l); return nil })
	return held, all, err
}

func TestFileIsWhatTheDocSays(t *testing.T) {
	path, records := written(t)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var sum [4]uint32
	total := uint32(0)
	for i := range records {
		total = protocol.LogSum(total, &records[i])
		sum[i] = total
	}
	want := `{"type":"stipple_log","format":1,"serial":"0042","model":"R1","from":3,"begun":"2031-05-06T07:08:09Z",` +
		`"events":[{"code":2,"name":"state_change","level":0,"args":["from","to"]},{"code":5,"name":"fault","level":2,"args":["fault"]}]}` + "\n" +
		fmt.Sprintf(`{"type":"record","index":5,"boot":1,"pen_us":5000,"utc_s":0,"code":2,"name":"state_change","level":0,"arg0":1,"arg1":-2,`+
			`"args":{"from":1,"to":-2},"crc":"%08x","sum":"%08x","gap":{"from":3,"to":4,"kind":"gone"}}`+"\n", records[0].CRC, sum[0]) +
		fmt.Sprintf(`{"type":"record","index":6,"boot":1,"pen_us":6000,"utc_s":0,"code":5,"name":"fault","level":0,"arg0":1,"arg1":-2,`+
			`"args":{"fault":1},"crc":"%08x","sum":"%08x"}`+"\n", records[1].CRC, sum[1]) +
		fmt.Sprintf(`{"type":"record","index":9,"boot":2,"pen_us":9000,"utc_s":0,"code":77,"name":"code_77","level":0,"arg0":1,"arg1":-2,`+
			`"args":{},"crc":"%08x","sum":"%08x","gap":{"from":7,"to":8,"kind":"reset"},"reboot":true}`+"\n", records[2].CRC, sum[2]) +
		fmt.Sprintf(`{"type":"record","index":10,"boot":2,"pen_us":10000,"utc_s":0,"code":2,"name":"state_change","level":0,"arg0":9,"arg1":-2,`+
			`"args":{"from":9,"to":-2},"crc":"%08x","sum":"%08x","damaged":true}`+"\n", records[3].CRC, sum[3])
	if string(raw) != want {
		t.Errorf("wrote\n%s\nwant\n%s", raw, want)
	}
	held, all, err := read(t, path)
	if err != nil || len(all) != 4 || held.Records != 4 || held.Damaged != 1 || held.Reboots != 1 || len(held.Gaps) != 2 || held.Cut != 0 {
		t.Errorf("%+v, %v", held, err)
	}
	if held.Cursor.First() != 5 || held.Cursor.Last().Index != 10 || held.Cursor.Sum() != total || held.Cursor.Serial() != "0042" {
		t.Errorf("cursor %+v", held.Cursor)
	}
}

// Whatever is changed in a file is found, with its line; what is cut off its
// end leaves a shorter copy.
func TestChangesAreFound(t *testing.T) {
	path, _ := written(t)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	change := func(line int, old, now string) string {
		all := append([]string(nil), lines...)
		if !strings.Contains(all[line-1], old) {
			t.Fatalf("line %d has no %q", line, old)
		}
		all[line-1] = strings.Replace(all[line-1], old, now, 1)
		return strings.Join(all, "")
	}
	for name, tt := range map[string]struct {
		text string
		line int
		why  string
	}{
		"empty":            {"", 1, "no whole line"},
		"no line feed":     {lines[0][:20], 1, "no whole line"},
		"another file":     {"{\"a\":1}\n", 1, "not the head"},
		"another type":     {change(1, "stipple_log", "other_log"), 1, "type"},
		"another format":   {change(1, `"format":1`, `"format":2`), 1, "format 2"},
		"control bytes":    {change(1, "0042", `00\u001b2`), 1, "serial number"},
		"a name of a tty":  {change(1, "state_change", `\u001b[2J`), 1, "name"},
		"no date":          {change(1, "2031-05-06", "yesterday"), 1, "no date"},
		"an argument":      {change(3, `"arg0":1`, `"arg0":2`), 3, "sum"},
		"only its name":    {change(3, `"fault":1`, `"fault":2`), 3, "not as it was written"},
		"a name of a code": {change(2, `"name":"state_change"`, `"name":"nothing"`), 2, "not as it was written"},
		"a clock":          {change(4, `"pen_us":9000`, `"pen_us":9001`), 4, "sum"},
		"a checksum":       {change(4, `"crc":"`, `"crc":"g`), 4, "crc"},
		"a sum":            {change(5, `"sum":"`, `"sum":"f`), 5, "sum"},
		"damage denied":    {change(5, `,"damaged":true`, ""), 5, "not as it was written"},
		"a gap denied":     {change(4, `,"gap":{"from":7,"to":8,"kind":"reset"}`, ""), 4, "not as it was written"},
		"a gap renamed":    {change(4, `"kind":"reset"`, `"kind":"damage"`), 4, "not as it was written"},
		"a gap made wider": {change(2, `"gap":{"from":3`, `"gap":{"from":1`), 2, "not as it was written"},
		"a key":            {change(2, `"boot":1`, `"boots":1`), 2, "not a record"},
		"a space":          {change(2, `"boot":1`, `"boot": 1`), 2, "not as it was written"},
		"a line twice":     {lines[0] + lines[1] + lines[1], 3, "behind"},
		"a line less":      {lines[0] + lines[1] + lines[3] + lines[4], 3, "sum"},
		"two lines":        {lines[0] + lines[1] + lines[3] + lines[2], 3, "sum"},
		"a long line":      {lines[0] + strings.Repeat("x", 1<<16) + "\n", 2, "bytes long"},
		"behind a line":    {change(2, "}\n", "} \n"), 2, "not as it was written"},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := logfile.Read(strings.NewReader(tt.text), nil)
			var wrong *logfile.FormatError
			if !errors.As(err, &wrong) || wrong.Line != tt.line || !strings.Contains(wrong.Why, tt.why) {
				t.Errorf("%v, want line %d: %s (%+v)", err, tt.line, tt.why, held)
			}
			// From a file, it says which and what to do.
			changed := filepath.Join(t.TempDir(), "changed.log")
			if err := os.WriteFile(changed, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, reading := logfile.ReadFile(changed, nil)
			_, resuming := logfile.Resume(changed)
			_, proving := logfile.Proof(changed, 5)
			for _, err := range []error{reading, resuming, proving} {
				text := fmt.Sprint(err)
				head := strings.Contains(text, "without its head nothing in the file can be proved")
				if !strings.HasPrefix(text, fmt.Sprintf("%s: not a whole log file: line %d: ", changed, tt.line)) || head != (tt.line == 1) || !strings.HasSuffix(text, "copy the pen's log into another file") {
					t.Errorf("says %s", text)
				}
			}
		})
	}
	for n := len(lines[0]); n < len(raw); n++ {
		held, err := logfile.Read(bytes.NewReader(raw[:n]), nil)
		if err != nil || held.Whole+held.Cut != int64(n) || held.Records != strings.Count(string(raw[:n]), "\n")-1 {
			t.Fatalf("cut at %d: %+v, %v", n, held, err)
		}
	}
}

// A file that was cut anywhere is gone on with, and is then what it would have
// been without the cut.
func TestResume(t *testing.T) {
	path, records := written(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.IndexByte(whole, '\n') + 1
	rapid.Check(t, func(r *rapid.T) {
		cut := rapid.IntRange(head, len(whole)).Draw(r, "cut")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			r.Fatal(err)
		}
		w, err := logfile.Resume(path)
		if err != nil {
			r.Fatal(err)
		}
		held := w.Held()
		cur := w.Cursor
		page := pageOf(r, &cur, records[held.Records:]...)
		if held.Records == 0 {
			page.Entries[0].Gap = &device.LogGap{From: 3, To: 4, Kind: device.GapGone}
		}
		if err := errors.Join(w.Take(page), w.Close()); err != nil {
			r.Fatal(err)
		}
		now, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(now, whole) {
			r.Fatalf("cut at %d of %d: %v\n%s", cut, len(whole), err, now)
		}
	})
	if _, err := logfile.Create(path, info(), 0, begun); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an existing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var wrong *logfile.FormatError
	if _, err := logfile.Resume(path); !errors.As(err, &wrong) {
		t.Errorf("no log file: %v", err)
	}
	if left, _ := os.ReadFile(path); string(left) != "x\n" {
		t.Error("a file of somebody else's was changed")
	}
}

// What may be erased is what a file on the disk proves.
func TestProof(t *testing.T) {
	path, records := written(t)
	cur, err := logfile.Proof(path, 6)
	sum := uint32(0)
	for _, r := range records[1:] {
		sum = protocol.LogSum(sum, &r)
	}
	if err != nil || cur.First() != 6 || cur.Last() != records[3] || cur.Sum() != sum || cur.Serial() != "0042" {
		t.Errorf("%+v: %v", cur, err)
	}
	var none *device.LogError
	if _, err := logfile.Proof(path, 4); !errors.As(err, &none) {
		t.Errorf("a record that it does not have: %v", err)
	}
	if _, err := logfile.Proof(path, 7); !errors.As(err, &none) {
		t.Errorf("a number that was skipped: %v", err)
	}
	if _, err := logfile.Proof(path+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Whatever records there are, they are read as they were written.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "logfile")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "log")
		w, err := logfile.Create(path, info(), 0, begun)
		if err != nil {
			t.Fatal(err)
		}
		cur, index := w.Cursor, uint32(0)
		var want []logfile.Line
		for range rapid.IntRange(0, 20).Draw(t, "records") {
			index += rapid.Uint32Range(1, 3).Draw(t, "step")
			r := protocol.LogRecord{
				Boot: rapid.Uint32().Draw(t, "boot"), Index: index, Clock: protocol.PenClock(rapid.Uint64().Draw(t, "clock")),
				UTC: rapid.Uint32().Draw(t, "utc"), Code: rapid.Uint16Range(0, 6).Draw(t, "code"), Level: protocol.Level(rapid.Uint8().Draw(t, "level")),
				Args: [2]int32{rapid.Int32().Draw(t, "a"), rapid.Int32().Draw(t, "b")}, CRC: rapid.Uint32().Draw(t, "crc"),
			}
			if rapid.Bool().Draw(t, "sound") {
				r.Seal()
			}
			page := pageOf(t, &cur, r)
			if err := w.Take(page); err != nil {
				t.Fatal(err)
			}
			want = append(want, logfile.NewLine(page.Entries[0], cur.Sum(), info().Descriptor.Events))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var got []logfile.Line
		held, err := logfile.Read(f, func(l logfile.Line) error { got = append(got, l); return nil })
		if err != nil || held.Cursor != cur || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: read %+v", err, got)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"stipple_log","format":1,"serial":"1","model":"","from":0,"begun":"2031-05-06T07:08:09Z","events":[]}` + "\n"))
	f.Add([]byte("{\"type\":\"stipple_log\"}\n{}\n"))
	f.Add([]byte(`{"type":"stipple_log","format":1,"serial":"1","model":"","from":0,"begun":"2031-05-06T07:08:09Z","events":[]}` + "\n" +
		`{"type":"record","index":5,"boot":1,"pen_us":5000,"utc_s":0,"code":2,"name":"code_2","level":0,"arg0":1,"arg1":-2,"args":{},"crc":"00000000","sum":"00000000"}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		held, err := logfile.Read(bytes.NewReader(raw), func(l logfile.Line) error {
			if strings.ContainsAny(l.Name, "\x1b\n\r") {
				t.Errorf("name %q", l.Name)
			}
			return nil
		})
		var wrong *logfile.FormatError
		if err != nil && !errors.As(err, &wrong) {
			t.Errorf("%v", err)
		}
		if err == nil && held.Whole+held.Cut != int64(len(raw)) {
			t.Errorf("%d whole and %d cut of %d", held.Whole, held.Cut, len(raw))
		}
	})
}
