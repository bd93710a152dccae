package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A test that needs another process starts the test binary again with childEnv
// set to the name of a function of children. The child writes one JSON line to
// its standard output for each thing that it wants the test to know.
const childEnv = "STIPPLE_STORE_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	child, ok := children()[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such child:", name)
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	say := func(l line) {
		if err := errors.Join(json.NewEncoder(out).Encode(l), out.Flush()); err != nil {
			os.Exit(3) // the test is gone
		}
	}
	if err := child(os.Args[1], say); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// line is what a child says.
type line struct {
	What string `json:"what"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	N    int    `json:"n,omitempty"`
	Code string `json:"code,omitempty"`
}

// codeOf is the stable word of an error, or "" for none.
func codeOf(err error) string {
	var coded interface{ Code() string }
	switch {
	case err == nil:
		return ""
	case errors.As(err, &coded):
		return coded.Code()
	}
	return err.Error()
}

func children() map[string]func(path string, say func(line)) error {
	all := map[string]func(string, func(line)) error{
		"open":  childOpen,
		"crash": childCrash,
		"erase": childErase,
		"rekey": childRekey,
	}
	for name, child := range systemChildren() {
		all[name] = child
	}
	return all
}

// startChild starts a child on a path.
func startChild(t testing.TB, name, path string) (*exec.Cmd, *json.Decoder) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, path)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, json.NewDecoder(out)
}

// runChild runs a child to its end and returns what it said.
func runChild(t testing.TB, name, path string) []line {
	t.Helper()
	cmd, out := startChild(t, name, path)
	var said []line
	for {
		var l line
		err := out.Decode(&l)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, l)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return said
}

// childOpen opens the store and says how that went.
func childOpen(path string, say func(line)) error {
	begin := time.Now()
	s, err := OpenTraining(path, Options{})
	say(line{What: "open", Code: codeOf(err), N: int(time.Since(begin).Milliseconds())})
	if err != nil {
		return nil
	}
	return s.Close()
}

func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := openTest(t, path, newClock())
	const sayWithin = 2000 // ms, as the product promises
	if said := runChild(t, "open", path); len(said) != 1 || said[0].Code != "in_use" || said[0].N > sayWithin {
		t.Errorf("while it is open: %+v", said)
	}
	if _, err := OpenTraining(path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("second time in one process: %v", err)
	}
	must(s.SavePatient(t.Context(), ana()))(t) // undisturbed
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if said := runChild(t, "open", path); len(said) != 1 || said[0].Code != "" {
		t.Errorf("after it was closed: %+v", said)
	}
}

// Several first starts at once make one store; whoever can't have it says so.
func TestFirstStartsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", FileName)
	results := make(chan error)
	const starts = 6
	for range starts {
		go func() {
			s, err := OpenTraining(path, Options{})
			if err == nil {
				_, err = s.SavePatient(t.Context(), ana())
				err = errors.Join(err, s.Close())
			}
			results <- err
		}()
	}
	saved := 0
	for range starts {
		err := <-results
		switch {
		case err == nil:
			saved++
		case fieldsOf(err)["FileNumber"] == "duplicate": // another was there before
		case errors.Is(err, ErrInUse):
		default:
			t.Error(err)
		}
	}
	s := openTest(t, path, newClock())
	if _, total, err := s.SearchPatients(t.Context(), "", 9); saved != 1 || total != 1 || err != nil {
		t.Errorf("saved %d times, %d patients, %v", saved, total, err)
	}
	if names := filesIn(t, filepath.Dir(path)); len(names) != 3 {
		t.Errorf("left over: %v", names)
	}
}
