package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"stipple/assets"
	"stipple/device"
	"stipple/device/serialport"
	"stipple/protocol"
)

// openLimit is how long a pen may take from opening its port to its first
// STATUS: hello, descriptor, tip and settings each may take a whole command's
// patience (protocol.CommandLimit) on a bad line.
const openLimit = 10 * time.Second

// finder lists ports that may be pens; package serialport makes them.
type finder func(ctx context.Context) ([]device.Port, error)

// ports is where pens are found and how they are opened.
type ports struct {
	pens  finder                   // all that have the USB identity of a pen
	named func(path string) finder // the one of that path
	open  func(device.Port) (io.ReadWriteCloser, error)
}

// serialPorts are this machine's. The table of USB identities is built in and
// was checked by its own tests, so that an error is one of this program.
func serialPorts() (ports, error) {
	table, err := serialport.ParsePens(assets.Pens())
	if err != nil {
		return ports{}, err
	}
	return ports{
		pens:  finder(serialport.Pens(table)),
		named: func(path string) finder { return finder(serialport.Named(path)) },
		open:  func(p device.Port) (io.ReadWriteCloser, error) { return serialport.Open(p, serialport.DefaultBaud) },
	}, nil
}

func portFlag(fs *flag.FlagSet) *string {
	return fs.String("port", "", "`path` of the pen's port; without it the only pen found")
}

// open opens a session with the pen on the named port, or with the only pen
// that is found. rate is the number of STATUS a second to ask for; 0 leaves the
// pen at its own.
func (c console) open(ctx context.Context, path string, rate int) (*device.Session, error) {
	port, err := c.choose(ctx, path)
	if err != nil {
		return nil, err
	}
	conn, err := c.ports.open(port)
	if err != nil {
		return nil, err
	}
	return c.session(ctx, port, conn, rate)
}

// openAs is open with somebody else at the console than a clinician.
func (c console) openAs(ctx context.Context, path string, role protocol.Role) (*device.Session, error) {
	s, err := c.open(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	s.SetRole(role)
	return s, nil
}

// session opens a session on a connection, which it closes on an error.
func (c console) session(ctx context.Context, port device.Port, conn io.ReadWriteCloser, rate int) (*device.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	return device.Open(ctx, conn, device.Options{Port: port, StatusRate: rate, Role: protocol.RoleClinician})
}

// choose describes the named port, or finds the only one there is.
func (c console) choose(ctx context.Context, path string) (device.Port, error) {
	find := c.ports.pens
	if path != "" {
		find = c.ports.named(path)
	}
	found, err := find(ctx)
	switch {
	case err != nil:
		return device.Port{}, &failure{exit: exitNoPen, text: err.Error(), cause: err}
	case len(found) == 0:
		return device.Port{}, &failure{exit: exitNoPen, text: "no pen found; a pseudo-terminal is not searched for and is named with --port"}
	case len(found) > 1:
		return device.Port{}, &failure{exit: exitNoPen, text: fmt.Sprintf("%d ports may be pens; name one with --port (penctl list shows them)", len(found))}
	}
	return found[0], nil
}

// closeAfter closes a session and returns err, or what the closing brought.
func closeAfter(s *device.Session, err error) error {
	return errors.Join(err, s.Close())
}
