package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"penctl": main})
}

// patience is how long a script waits for a line. It is generous, because
// nothing ever waits that long on a machine that works.
const patience = 30 * time.Second

// TestScripts runs the commands as a person types them, each in a process of
// its own. The scripts have commands of their own:
//
//	exits CODE penctl …     runs it and wants that exit code
//	begin NAME penctl …     starts it and follows what it prints
//	await NAME REGEXP       waits for a line from where the last await ended
//	end NAME HOW CODE       wants that exit code, after int (Ctrl-C), kill (-9) or itself
//	cut FILE N              takes that many bytes from a file's end
//	replace OLD NEW FILE    puts one text in another's place, once
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "begin": begin, "await": await, "end": end, "cut": cut,
			"replace": replace,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[backgroundKey{}] = map[string]*background{}
			return nil
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	got := 0
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

type backgroundKey struct{}

// background is a process that a script has begun.
type background struct {
	cmd  *exec.Cmd
	done chan error

	mu    sync.Mutex
	lines []string
	more  chan struct{}
	next  int
}

func begin(ts *testscript.TestScript, _ bool, args []string) {
	b := &background{cmd: exec.Command(args[1], args[2:]...), done: make(chan error, 1), more: make(chan struct{}, 1)}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	b.cmd.Path = path
	b.cmd.Dir = ts.MkAbs(".")
	b.cmd.Stderr = ts.Stderr()
	out, err := b.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(b.cmd.Start())
	go b.read(bufio.NewScanner(out))
	ts.Defer(func() { _ = b.cmd.Process.Kill() })
	ts.Value(backgroundKey{}).(map[string]*background)[args[0]] = b
}

func (b *background) read(sc *bufio.Scanner) {
	for sc.Scan() {
		b.mu.Lock()
		b.lines = append(b.lines, sc.Text())
		b.mu.Unlock()
		select {
		case b.more <- struct{}{}:
		default:
		}
	}
	b.done <- b.cmd.Wait()
}

func named(ts *testscript.TestScript, name string) *background {
	b, ok := ts.Value(backgroundKey{}).(map[string]*background)[name]
	if !ok {
		ts.Fatalf("nothing called %q was begun", name)
	}
	return b
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	b := named(ts, args[0])
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		b.mu.Lock()
		for ; b.next < len(b.lines); b.next++ {
			if want.MatchString(b.lines[b.next]) {
				b.next++
				b.mu.Unlock()
				return
			}
		}
		b.mu.Unlock()
		select {
		case <-b.more:
		case err := <-b.done:
			ts.Fatalf("%s ended (%v) before a line matched %s", args[0], err, args[1])
		case <-limit.C:
			ts.Fatalf("%s printed no line that matches %s", args[0], args[1])
		}
	}
}

func end(ts *testscript.TestScript, _ bool, args []string) {
	b := named(ts, args[0])
	sig := os.Signal(os.Interrupt)
	if args[1] == "kill" {
		sig = os.Kill
	}
	if args[1] != "itself" {
		ts.Check(b.cmd.Process.Signal(sig))
	}
	select {
	case <-b.done:
	case <-time.After(patience):
		ts.Fatalf("%s did not end", args[0])
	}
	if got := strconv.Itoa(b.cmd.ProcessState.ExitCode()); got != args[2] {
		ts.Fatalf("%s: exit code %s, want %s", args[0], got, args[2])
	}
}

func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()-n))
}

func replace(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s has no %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Replace(text, args[0], args[1], 1)), 0o600))
}
