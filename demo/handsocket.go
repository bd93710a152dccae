package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// handSocket is the hand on a simulated pen over its socket, without a process
// for each movement. See device/sim, handsocket: a request a line, an answer a
// line.
type handSocket struct {
	conn  net.Conn
	lines *bufio.Reader
}

// handSuffix is what stands behind a pen's path to name the socket.
const handSuffix = ".ctl"

func dialHand(link string) (*handSocket, error) {
	conn, err := net.Dial("unix", link+handSuffix)
	if err != nil {
		return nil, fmt.Errorf("handpiece: %w", err)
	}
	return &handSocket{conn, bufio.NewReader(conn)}, nil
}

func (h *handSocket) close() error { return h.conn.Close() }

// handRequest is what the hand does.
type handRequest struct {
	Do    string         `json:"do"`
	On    bool           `json:"on,omitempty"`
	Fault string         `json:"fault,omitempty"`
	Tip   map[string]any `json:"tip,omitempty"`
}

// do does one thing and returns the tip that is on then.
func (h *handSocket) do(r handRequest) (tip map[string]any, err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if err := h.conn.SetDeadline(time.Now().Add(reactLimit)); err != nil {
		return nil, fmt.Errorf("handpiece: %w", err)
	}
	if _, err := h.conn.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("handpiece: %w", err)
	}
	answer, err := h.lines.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("handpiece: %w", err)
	}
	var a struct {
		State struct {
			Tip map[string]any `json:"tip"`
		} `json:"state"`
		Error string `json:"error"`
	}
	numbers := json.NewDecoder(bytes.NewReader(answer))
	numbers.UseNumber() // an id has 32 bits
	if err := numbers.Decode(&a); err != nil {
		return nil, fmt.Errorf("handpiece: %w", err)
	}
	if a.Error != "" {
		return nil, errors.New("handpiece: " + a.Error)
	}
	return a.State.Tip, nil
}

func (h *handSocket) trigger(down bool) error {
	_, err := h.do(handRequest{Do: "trigger", On: down})
	return err
}

func (h *handSocket) contact(on bool) error {
	_, err := h.do(handRequest{Do: "contact", On: on})
	return err
}

func (h *handSocket) fault(name string, on bool) error {
	_, err := h.do(handRequest{Do: "fault", Fault: name, On: on})
	return err
}

// freshTip mounts a tip out of its wrapper, of the make that is on, and returns
// its id.
func (h *handSocket) freshTip() (id string, err error) {
	tip, err := h.do(handRequest{Do: "state"})
	if err != nil {
		return "", err
	}
	tip["id"], tip["use_count"] = 0, 0
	delete(tip, "bound_treatment")
	if tip, err = h.do(handRequest{Do: "tip", Tip: tip}); err != nil {
		return "", err
	}
	number, ok := tip["id"].(json.Number)
	if !ok {
		return "", fmt.Errorf("handpiece: tip %v has no id", tip)
	}
	return number.String(), nil
}
