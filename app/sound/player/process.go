package player

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"stipple/app/alarm"
)

// Process starts a child of a program, as Config.Start wants it. The child's
// standard error goes nowhere: what a system's sound library writes there is of
// no use to anybody.
func Process(program string, args ...string) func() (Voice, error) {
	return func() (Voice, error) {
		cmd := exec.Command(program, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, fmt.Errorf("start the sound process: %w", err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, fmt.Errorf("start the sound process: %w", err)
		}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("start the sound process: %w", err)
		}
		p := &process{
			in: in, said: make(chan Said), next: make(chan string, 1), closing: make(chan struct{}), ended: make(chan struct{}),
			kill: func() { _ = cmd.Process.Kill() }, // which fails only where it has ended
		}
		p.writer.Add(1)
		go p.write()
		go func() {
			p.read(out)
			_ = cmd.Wait() // how it ended does not matter: it does not play any more
			close(p.ended)
			close(p.said)
		}()
		return p, nil
	}
}

// process is a child.
type process struct {
	in      io.WriteCloser
	said    chan Said
	next    chan string // capacity 1: the newest line for the child
	closing chan struct{}
	once    sync.Once
	ended   chan struct{}
	writer  sync.WaitGroup
	kill    func()
}

func (p *process) Said() <-chan Said { return p.said }

func (p *process) Play(serial uint64, priority alarm.Priority) {
	line := playLine(serial, priority)
	for {
		select {
		case p.next <- line:
			return
		default:
		}
		select {
		case <-p.next:
		default:
		}
	}
}

// write hands the child what it is told. One that does not read any more blocks
// this goroutine and nothing else, until it is killed.
func (p *process) write() {
	defer p.writer.Done()
	for {
		select {
		case line := <-p.next:
			if _, err := io.WriteString(p.in, line); err != nil {
				return
			}
		case <-p.closing:
			return
		case <-p.ended:
			return
		}
	}
}

// read takes what the child says until its standard output ends. A child that
// says something unknown is of no use.
func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, lineMost), lineMost)
	for lines.Scan() {
		s, err := parseSaid(lines.Text())
		if err != nil {
			break
		}
		select {
		case p.said <- s:
		case <-p.closing:
		}
	}
	p.kill()
}

func (p *process) Close() {
	p.once.Do(func() {
		close(p.closing)
		_ = p.in.Close() // at which the child ends
	})
	late := time.NewTimer(closeLimit)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		p.kill()
		late.Reset(closeLimit)
		select {
		case <-p.ended:
		case <-late.C: // it hangs in the system, which nobody can end
		}
	}
	p.writer.Wait()
}
