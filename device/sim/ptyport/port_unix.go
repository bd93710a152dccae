//go:build !windows

package ptyport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"stipple/protocol"
)

// silence is how long nothing must have come from the console before its hold
// on the port is lifted. A program that was killed leaves the terminal in
// exclusive mode, and its successor would find it busy. A console that is
// alive and merely quiet loses nothing by it but the second lock.
const silence = protocol.LinkSilence

// ErrLink means that the wanted path is taken by something other than a link
// that an earlier pen has left.
var ErrLink = errors.New("link path is taken")

// Port is the pen's end of a pseudo-terminal. Use Open.
type Port struct {
	master *os.File // non-blocking, so that Close wakes Read and Write
	slave  *os.File // kept open, so that the console's close is no hang-up
	path   string
	link   string

	mu      sync.Mutex
	timer   *time.Timer
	closed  bool
	writing time.Time // since when a Write waits; zero: none
}

var _ io.ReadWriteCloser = (*Port)(nil)

// Open makes a pseudo-terminal in raw mode and, if link is not empty, a
// symbolic link to it there; a link that an earlier pen left is replaced in
// one step. ErrLink: something else is there. The caller closes the Port.
func Open(link string) (*Port, error) {
	m, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	p := &Port{slave: slave, path: slave.Name(), link: link}
	if err := p.setUp(m); err != nil {
		errs := []error{err, slave.Close()}
		if p.master != nil {
			errs = append(errs, p.master.Close())
		}
		return nil, errors.Join(errs...)
	}
	p.timer = time.AfterFunc(silence, p.quiet)
	return p, nil
}

func (p *Port) setUp(m *os.File) (err error) {
	// The library leaves the descriptor in blocking mode, in which Close does
	// not end a Read: take a non-blocking one to the same terminal.
	fd, err := unix.Dup(int(m.Fd()))
	if err := errors.Join(err, m.Close()); err != nil {
		return fmt.Errorf("pseudo-terminal: %w", err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(fmt.Errorf("pseudo-terminal: %w", err), unix.Close(fd))
	}
	p.master = os.NewFile(uintptr(fd), "ptmx")
	// Raw before anyone knows the path: no echo, no line, no translation.
	if err := p.control(makeRaw); err != nil {
		return fmt.Errorf("raw mode: %w", err)
	}
	if p.link == "" {
		return nil
	}
	return p.makeLink()
}

// control runs f on the slave's descriptor.
func (p *Port) control(f func(fd int) error) error {
	raw, err := p.slave.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	return errors.Join(raw.Control(func(fd uintptr) { inner = f(int(fd)) }), inner)
}

// makeRaw is what cfmakeraw(3) does.
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, setTermios, t)
}

func (p *Port) makeLink() error {
	switch info, err := os.Lstat(p.link); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("link: %w", err)
	case info.Mode()&os.ModeSymlink == 0:
		return fmt.Errorf("%w: %s", ErrLink, p.link)
	}
	dir, err := os.MkdirTemp(filepath.Dir(p.link), ".pen")
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	fresh := filepath.Join(dir, "link")
	err = os.Symlink(p.path, fresh)
	if err == nil {
		err = os.Rename(fresh, p.link)
	}
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// Path is what a console opens: the link, or the terminal's own name.
func (p *Port) Path() string {
	if p.link != "" {
		return p.link
	}
	return p.path
}

// Read implements io.Reader.
func (p *Port) Read(b []byte) (int, error) {
	n, err := p.master.Read(b)
	if n > 0 {
		p.mu.Lock()
		if !p.closed {
			p.timer.Reset(silence)
		}
		p.mu.Unlock()
	}
	return n, err
}

// Write implements io.Writer. It waits while the terminal's buffer is full; a
// second after the console has gone quiet, what nobody reads is thrown away.
func (p *Port) Write(b []byte) (int, error) {
	p.setWriting(time.Now())
	defer p.setWriting(time.Time{})
	return p.master.Write(b)
}

func (p *Port) setWriting(since time.Time) {
	p.mu.Lock()
	p.writing = since
	p.mu.Unlock()
}

// quiet runs once a second while nothing comes from the console.
func (p *Port) quiet() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	stuck := !p.writing.IsZero() && time.Since(p.writing) >= silence
	// An error here means that the terminal is going away, which Read and
	// Write report.
	_ = p.control(func(fd int) error {
		if stuck {
			if err := flushInput(fd); err != nil {
				return err
			}
		}
		return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
	})
	p.timer.Reset(silence)
}

// Close ends the port: Read and Write fail, the console sees a hang-up, and
// the link goes, unless another pen has taken it. It may be repeated.
func (p *Port) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.timer.Stop()
	p.mu.Unlock()
	errs := []error{p.master.Close(), p.slave.Close()}
	if to, err := os.Readlink(p.link); p.link != "" && err == nil && to == p.path {
		errs = append(errs, os.Remove(p.link))
	}
	return errors.Join(errs...)
}
