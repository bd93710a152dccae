package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// endGrace is how long a process may take to end when it is asked to. The
// console stops the pen and closes its store in that time.
const endGrace = 5 * time.Second

// process is a program that was started here and will be ended here.
type process struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser // standard input, if that was asked for
	out    *follower      // standard output
	errs   *follower      // standard error
	side   *follower      // what it writes to descriptor 3, if that was asked for
	done   chan struct{}
	result error // of Wait, once done is closed
}

// launch says how to start a process.
type launch struct {
	name string
	path string
	args []string
	env  []string // the whole environment; nil: this process's own
	side bool     // give it a pipe as descriptor 3
	talk bool     // give it a pipe as standard input
}

// start starts a program and follows what it writes.
func (l launch) start() (*process, error) {
	p := &process{name: l.name, cmd: exec.Command(l.path, l.args...), done: make(chan struct{})}
	p.cmd.Env = l.env
	p.cmd.SysProcAttr = dieWithParent()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.name, err)
	}
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.name, err)
	}
	if l.talk {
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("start %s: %w", l.name, err)
		}
	}
	var side io.Reader
	var theirs *os.File
	if l.side {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", l.name, err)
		}
		side, theirs = r, w
		p.cmd.ExtraFiles = []*os.File{w}
	}
	err = p.cmd.Start()
	if theirs != nil {
		_ = theirs.Close() // the child has its own
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", l.name, err)
	}
	p.out, p.errs = follow(out), follow(errs)
	if side != nil {
		p.side = follow(side)
	}
	go p.wait()
	return p, nil
}

func (p *process) wait() {
	// Wait closes the pipes, so what is in them is read first.
	for _, f := range []*follower{p.out, p.errs} {
		f.drained()
	}
	p.result = p.cmd.Wait()
	close(p.done)
}

// drained waits for the stream's end.
func (f *follower) drained() {
	for {
		f.mu.Lock()
		ended, more := f.ended, f.more
		f.mu.Unlock()
		if ended {
			return
		}
		<-more
	}
}

// kill ends the process at once, as a crash would, and waits for it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only on one that has ended
	<-p.done
}

// end asks the process to end, and kills it if it does not in endGrace.
func (p *process) end() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.kill()
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(endGrace):
		p.kill()
		return fmt.Errorf("%s did not end within %v of being asked to", p.name, endGrace)
	}
}

// running says whether it has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// lastWords is the end of what the process wrote to standard error, for a
// person who has to find out what went wrong.
func (p *process) lastWords() string {
	lines := p.errs.all(max(0, p.errs.count()-12))
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "\n    %s: %s", p.name, l.text)
	}
	return b.String()
}
