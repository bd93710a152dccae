//go:build !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// echoFloor is what the bytes of GET_SETTINGS and its answer take over a bare
// pseudo-terminal, opened as a pen's port is; nil where the pen's port is none.
func (c console) echoFloor(ctx context.Context, s *device.Session, count int) (floor *spreadShape, err error) {
	real, err := filepath.EvalSymlinks(s.Info().Port.Path)
	if err != nil || !strings.HasPrefix(real, "/dev/pts/") && !strings.HasPrefix(real, "/dev/ttys") {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "penctl")
	if err != nil {
		return nil, fmt.Errorf("echo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "echo")
	far, err := openPty(path)
	if err != nil {
		return nil, fmt.Errorf("echo: %w", err)
	}
	near, err := c.ports.open(device.Port{Path: path})
	if err != nil {
		return nil, errors.Join(err, far.Close())
	}
	ask, answer := settingsBytes(s.Info().Descriptor)
	ended := make(chan struct{})
	go func() { // ends when far is closed
		defer close(ended)
		buf := make([]byte, max(ask, answer))
		for {
			if _, err := io.ReadFull(far, buf[:ask]); err != nil {
				return
			}
			if _, err := far.Write(buf[:answer]); err != nil {
				return
			}
		}
	}()
	took, err := echoes(ctx, near, ask, answer, count)
	err = errors.Join(err, near.Close(), far.Close())
	<-ended
	return spread(took), err
}

// settingsBytes are the lengths of GET_SETTINGS and SETTINGS on the wire.
func settingsBytes(d *protocol.Descriptor) (ask, answer int) {
	if d == nil {
		d = &protocol.Descriptor{}
	}
	ask = len(protocol.Append(nil, protocol.Header{Session: 1}, &protocol.GetSettings{}))
	reply := &protocol.SettingsReply{Values: make([]int32, len(d.Parameters))}
	return ask, len(protocol.Append(nil, protocol.Header{Session: 1}, reply))
}

// echoes sends ask bytes and waits for answer bytes, again and again.
func echoes(ctx context.Context, port io.ReadWriter, ask, answer, count int) ([]time.Duration, error) {
	var took []time.Duration
	out, in := make([]byte, ask), make([]byte, answer)
	for range count {
		if ctx.Err() != nil {
			return took, nil
		}
		begun := time.Now()
		if _, err := port.Write(out); err != nil {
			return took, fmt.Errorf("echo: %w", err)
		}
		for got := 0; got < answer; {
			n, err := port.Read(in[got:])
			if err != nil {
				return took, fmt.Errorf("echo: %w", err)
			}
			if got += n; time.Since(begun) > protocol.CommandLimit {
				return took, fmt.Errorf("echo: %w", device.ErrNoReply)
			}
		}
		took = append(took, time.Since(begun))
	}
	return took, nil
}
