package sim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wholeMemory is a memory file of an rf pen with something in it.
func wholeMemory(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "memory")
	m, err := OpenFile(path, R1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Write(cellState, []byte("kept")), m.WriteAt(AreaLog, 0, []byte("log")), m.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file that is not this pen's memory is refused by name, with what it is, and
// left as it is.
func TestForeignFileIsNoMemory(t *testing.T) {
	headed := func(change func(raw []byte) []byte) string {
		raw, err := os.ReadFile(wholeMemory(t))
		if err != nil {
			t.Fatal(err)
		}
		return string(change(raw))
	}
	sealed := func(change func(raw []byte)) string {
		return headed(func(raw []byte) []byte {
			change(raw)
			binary.LittleEndian.PutUint32(raw[headCRC:], headSum(raw))
			return raw
		})
	}
	for name, tt := range map[string]struct{ text, found string }{
		"a letter":           {"Dear Anna,\nthe pen", `no memory of a simulated pen; it begins with "Dear Ann"`},
		"one byte":           {"x", `it begins with "x"`},
		"zeros":              {strings.Repeat("\x00", 1<<13), "no memory of a simulated pen"},
		"cells without head": {headed(func(raw []byte) []byte { return raw[memoryHead:] }), "no memory of a simulated pen"},
		"a cut head":         {headed(func(raw []byte) []byte { return raw[:headUsed-1] }), "cut after 63 bytes"},
		"another format":     {sealed(func(raw []byte) { raw[headFormat] = 2 }), "in format 2, and this program has format 1"},
		"a flipped bit":      {headed(func(raw []byte) []byte { raw[headLog] ^= 1; return raw }), "a damaged head"},
		"another model":      {sealed(func(raw []byte) { copy(raw[headModel:headLog], "needling") }), `the memory of a "needling" pen, and this one is "rf"`},
		"another log": {sealed(func(raw []byte) { binary.LittleEndian.PutUint32(raw[headLog:], 5000) }),
			fmt.Sprintf("keeps 5000 records, and this one's keeps %d", keptRecords)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := OpenFile(path, R1, 0)
			var foreign *MemoryFileError
			if !errors.As(err, &foreign) || !errors.Is(err, ErrMemory) || foreign.Path != path || !strings.Contains(err.Error(), path+": ") || !strings.Contains(foreign.Found, tt.found) {
				t.Errorf("%v, %v; want %s", m, err, tt.found)
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != tt.text {
				t.Errorf("the file was changed (%d bytes now, %d before), %v", len(now), len(tt.text), err)
			}
		})
	}
	for name, path := range map[string]string{"a directory": t.TempDir(), "no regular file": os.DevNull} {
		var foreign *MemoryFileError
		if m, err := OpenFile(path, R1, 0); !errors.As(err, &foreign) || !strings.Contains(foreign.Found, name) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if m, err := OpenFile(filepath.Join(t.TempDir(), "none", "memory"), R1, 0); !errors.Is(err, os.ErrNotExist) || !errors.Is(err, ErrMemory) {
		t.Errorf("no folder: %v, %v", m, err)
	}
	never := filepath.Join(t.TempDir(), "memory")
	if m, err := OpenFile(never, "laser", 0); err == nil {
		t.Errorf("no such model: %v", m)
	}
	if m, err := OpenFile(never, R1, 1); err == nil {
		t.Errorf("a log of one record: %v", m)
	}
	if _, err := os.Stat(never); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a pen that can't be left a file: %v", err)
	}
}

// An empty file becomes a memory: there is nothing in it to lose.
func TestEmptyFileBecomesMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // made, and opened again
		m, err := OpenFile(path, N1, 5000)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := OpenFile(path, R1, 5000); err == nil {
		t.Errorf("another pen took it: %v", m)
	}
}

// Two pens never share a memory, in one process or in two; once the first has
// closed it, the second can have it.
func TestMemoryIsOnePens(t *testing.T) {
	path := wholeMemory(t)
	first, err := OpenFile(path, R1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := OpenFile(path, R1, 0); !errors.Is(err, ErrMemoryInUse) || !errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second pen: %v, %v", m, err)
	}
	cmd, out := startWriter(t, path)
	if _, err := out.ReadString('\n'); err == nil {
		t.Error("a second process writes")
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != writerRefused {
		t.Errorf("a second process: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := OpenFile(path, R1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := second.Read(cellState); err != nil || string(v) != "kept" {
		t.Errorf("%q, %v", v, err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

const (
	// writerEnv names the memory file that the test binary, started again, writes to
	// for ever.
	writerEnv     = "STIPPLE_SIM_WRITER"
	writerRefused = 3 // exit code: it did not get the file
	writerCells   = 5

	killRounds = 12
	killLines  = 4000 // at most so many acknowledged writes before a kill
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		os.Exit(writeForEver(path))
	}
	os.Exit(m.Run())
}

// writeForEver writes counting values and says each once it was written.
func writeForEver(path string) int {
	m, err := OpenFile(path, R1, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return writerRefused
	}
	n, err := newestOf(m)
	for ; err == nil; n++ {
		value := binary.LittleEndian.AppendUint64(make([]byte, MaxValue-8), n+1)
		if err = m.Write(uint32(n+1)%writerCells, value); err == nil {
			_, err = fmt.Println(n + 1)
		}
	}
	return 1
}

// newestOf is the highest value that a writer has left, 0 for none.
func newestOf(m *File) (newest uint64, err error) {
	for cell := range uint32(writerCells) {
		v, err := m.Read(cell)
		if err != nil {
			return 0, err
		}
		if v == nil {
			continue
		}
		n := binary.LittleEndian.Uint64(v[len(v)-8:])
		if len(v) != MaxValue || uint32(n%writerCells) != cell {
			return 0, fmt.Errorf("cell %d holds %d in %d bytes", cell, n, len(v))
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// startWriter starts a process that writes to path.
func startWriter(t *testing.T, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewReader(out)
}

// A process is killed at random points, on one and the same file. What it had
// said to be written is there afterwards, and the file is free again.
func TestKilledProcessLosesNoMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	rng := rand.New(rand.NewPCG(3, 1))
	var said uint64
	for round := range killRounds {
		cmd, out := startWriter(t, path)
		// The first rounds hit the creation and the opening.
		lines := rng.IntN(1 + killLines*round/killRounds)
		for i := 0; ; i++ {
			if i == lines {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			text, err := out.ReadString('\n')
			if errors.Is(err, io.EOF) { // killed in the middle of a line at the latest
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			var n uint64
			if _, err := fmt.Sscan(text, &n); err != nil || n != said+1 && i > 0 {
				t.Fatalf("round %d: after %d came %q, %v", round, said, text, err)
			}
			said = n
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == writerRefused {
			t.Fatalf("round %d: %v", round, err)
		}
		m, err := OpenFile(path, R1, 0)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if n, err := newestOf(m); err != nil || n < said {
			t.Fatalf("round %d: %d acknowledged, %d there, %v", round, said, n, err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d writes acknowledged", said)
}
