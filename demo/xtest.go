package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// keyboard presses keys of a display over a connection of its own, by the XTEST
// extension, as xdotool does: without starting a process for each key, so that
// the moment of the press is known.
type keyboard struct {
	conn       net.Conn
	xtest      byte // major opcode of the extension
	first, end int  // key codes from first to below end
}

// Requests of the core protocol and of XTEST (X11/Xproto.h, xteststr.h), and
// what of their answers is looked at.
const (
	xQueryExtension     = 98
	xGetKeyboardMapping = 101
	xGetInputFocus      = 43
	xFakeInput          = 2 // within XTEST
	xKeyPress           = 2
	xKeyRelease         = 3
	xAnswer             = 32 // bytes of an answer, an error or an event
	xMaxAnswer          = 1 << 20
	xUnit               = 4
)

// escapeSymbol is the keysym of Escape.
const escapeSymbol = 0xFF1B

var errX = errors.New("display server")

// openKeyboard connects to a display.
func openKeyboard(d *display) (*keyboard, error) {
	name, cookie, err := readCookie(d.cookie)
	if err != nil {
		return nil, err
	}
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(d.name, ":"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errX, err)
	}
	k := &keyboard{conn: conn}
	if err := k.greet(name, cookie); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return k, nil
}

// greet opens the connection and finds the extension.
func (k *keyboard) greet(name, cookie []byte) error {
	hello := []byte{'l', 0, 11, 0, 0, 0} // least significant byte first, version 11.0
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(name)))
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(cookie)))
	hello = append(hello, 0, 0)
	hello = append(padded(append(hello, name...)), cookie...)
	if _, err := k.conn.Write(padded(hello)); err != nil {
		return fmt.Errorf("%w: %w", errX, err)
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(k.conn, head); err != nil {
		return fmt.Errorf("%w: %w", errX, err)
	}
	rest := make([]byte, xUnit*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(k.conn, rest); err != nil {
		return fmt.Errorf("%w: %w", errX, err)
	}
	const codes = 34 - 8 // of the least and the greatest key code, behind the head
	if head[0] != 1 || len(rest) < codes+2 {
		return fmt.Errorf("%w refuses the connection", errX)
	}
	k.first, k.end = int(rest[codes]), int(rest[codes+1])+1
	request := []byte{xQueryExtension, 0, 0, 0}
	request = binary.LittleEndian.AppendUint16(request, uint16(len("XTEST")))
	answer, err := k.ask(append(append(request, 0, 0), "XTEST"...))
	if err != nil {
		return err
	}
	if answer[8] == 0 {
		return fmt.Errorf("%w has no XTEST", errX)
	}
	k.xtest = answer[9]
	return nil
}

func padded(b []byte) []byte {
	for len(b)%xUnit != 0 {
		b = append(b, 0)
	}
	return b
}

// send sends a request; its length is filled in.
func (k *keyboard) send(request []byte) error {
	request = padded(request)
	binary.LittleEndian.PutUint16(request[2:], uint16(len(request)/xUnit))
	if _, err := k.conn.Write(request); err != nil {
		return fmt.Errorf("%w: %w", errX, err)
	}
	return nil
}

// ask sends a request and returns its answer, past the events before it.
func (k *keyboard) ask(request []byte) ([]byte, error) {
	if err := k.send(request); err != nil {
		return nil, err
	}
	for {
		answer := make([]byte, xAnswer)
		if _, err := io.ReadFull(k.conn, answer); err != nil {
			return nil, fmt.Errorf("%w: %w", errX, err)
		}
		switch answer[0] {
		case 0:
			return nil, fmt.Errorf("%w: error %d", errX, answer[1])
		case 1:
			more := uint64(binary.LittleEndian.Uint32(answer[4:])) * xUnit
			if more > xMaxAnswer {
				return nil, fmt.Errorf("%w: answer of %d bytes", errX, more)
			}
			answer = append(answer, make([]byte, more)...)
			if _, err := io.ReadFull(k.conn, answer[xAnswer:]); err != nil {
				return nil, fmt.Errorf("%w: %w", errX, err)
			}
			return answer, nil
		}
	}
}

// code finds the key that has a symbol.
func (k *keyboard) code(symbol uint32) (byte, error) {
	answer, err := k.ask([]byte{xGetKeyboardMapping, 0, 0, 0, byte(k.first), byte(k.end - k.first), 0, 0})
	if err != nil {
		return 0, err
	}
	symbols := int(answer[1])
	for i := 0; symbols > 0 && xAnswer+4*(i+1) <= len(answer); i++ {
		if binary.LittleEndian.Uint32(answer[xAnswer+4*i:]) == symbol {
			return byte(k.first + i/symbols), nil
		}
	}
	return 0, fmt.Errorf("%w: no key has symbol %#x", errX, symbol)
}

// key presses or releases a key. It returns once the server has done it.
func (k *keyboard) key(code byte, press bool) error {
	kind := byte(xKeyRelease)
	if press {
		kind = xKeyPress
	}
	request := make([]byte, 36)
	request[0], request[1], request[4], request[5] = k.xtest, xFakeInput, kind, code
	if err := k.send(request); err != nil {
		return err
	}
	_, err := k.ask([]byte{xGetInputFocus, 0, 0, 0}) // answered behind what came before
	return err
}

func (k *keyboard) close() error { return k.conn.Close() }

// readCookie reads the one entry of a file that writeCookie has written.
func readCookie(path string) (name, cookie []byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	var parts [4][]byte // address, number, name, data
	for rest, i := b[min(2, len(b)):], 0; i < len(parts); i++ {
		if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
			return nil, nil, fmt.Errorf("%s: no X authority", path)
		}
		n := 2 + int(binary.BigEndian.Uint16(rest))
		parts[i], rest = rest[2:n], rest[n:]
	}
	return parts[2], parts[3], nil
}
