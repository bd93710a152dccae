package sim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"stipple/protocol"
)

// The handpiece's socket carries JSON objects, one a line: a request, then its
// answer. See handRequest and handAnswer for the fields.

const (
	// maxHandLine is the longest line in bytes, ten times what a tip needs.
	maxHandLine = 4096
	// handPatience is how long a client waits for an answer: the pen answers
	// within a millisecond unless its process is stopped.
	handPatience = 2 * time.Second
)

// What a request wants.
const (
	doTrigger   = "trigger"
	doContact   = "contact"
	doTip       = "tip"
	doRemoveTip = "remove_tip"
	doLoad      = "load"
	doFault     = "fault"
	doState     = "state"
)

type handRequest struct {
	Do    string        `json:"do"`
	On    bool          `json:"on,omitempty"`
	Fault string        `json:"fault,omitempty"`
	Tip   *TipSpec      `json:"tip,omitempty"`
	Ohm   protocol.Ohms `json:"ohm,omitempty"`
}

// handAnswer has the state behind every request that was done, or why it was
// not. Reason is for programs: "request", "fault", "tip", "load",
// "ended".
type handAnswer struct {
	State  *HandState `json:"state,omitempty"`
	Error  string     `json:"error,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// errHandRequest is a request that can't be read.
var errHandRequest = errors.New("handpiece request not understood")

// ErrHandLink means that the handpiece's socket failed. What the hand did
// before stays as it is.
var ErrHandLink = errors.New("handpiece socket")

// ServeHand lets other processes be the hand: it serves h on every connection
// that l accepts, until ctx ends or l fails, and returns nil in the first
// case. It closes l. A connection that is lost leaves the inputs as they are:
// a hand does not let go because a cable does.
func ServeHand(ctx context.Context, l net.Listener, h Handpiece) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(fmt.Errorf("%w: %w", ErrHandLink, err), l.Close())
		}
		workers.Go(func() {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			serveHandConn(conn, h)
			_ = conn.Close() // nothing is left to lose on it
		})
	}
}

// serveHandConn answers requests until the connection fails or says something
// longer than any request.
func serveHandConn(conn net.Conn, h Handpiece) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, maxHandLine), maxHandLine)
	out := json.NewEncoder(conn)
	for lines.Scan() {
		if out.Encode(answerHand(lines.Bytes(), h)) != nil {
			return
		}
	}
}

func answerHand(line []byte, h Handpiece) handAnswer {
	var req handRequest
	err := json.Unmarshal(line, &req)
	if err != nil {
		err = fmt.Errorf("%w: %w", errHandRequest, err)
	} else {
		err = doHand(&req, h)
	}
	if err == nil {
		var s HandState
		if s, err = h.State(); err == nil {
			return handAnswer{State: &s}
		}
	}
	a := handAnswer{Error: err.Error(), Reason: "request"}
	for reason, sentinel := range handReasons() {
		if errors.Is(err, sentinel) {
			a.Reason = reason
		}
	}
	return a
}

func handReasons() map[string]error {
	return map[string]error{"fault": ErrFaultName, "tip": ErrTip, "load": ErrLoad, "ended": ErrStopped}
}

func doHand(req *handRequest, h Handpiece) error {
	switch req.Do {
	case doTrigger:
		return h.Trigger(req.On)
	case doContact:
		return h.Contact(req.On)
	case doTip:
		if req.Tip == nil {
			return fmt.Errorf("%w: tip is missing", errHandRequest)
		}
		return h.ChangeTip(*req.Tip)
	case doRemoveTip:
		return h.RemoveTip()
	case doLoad:
		return h.LoadOhm(req.Ohm)
	case doFault:
		return h.Fault(req.Fault, req.On)
	case doState:
		return nil
	}
	return fmt.Errorf("%w: %q", errHandRequest, req.Do)
}

// HandClient is the hand of a pen in another process. It may be used by
// several goroutines. After an ErrHandLink it is of no more use.
type HandClient struct {
	mu    sync.Mutex
	conn  net.Conn
	lines *bufio.Scanner
}

var _ Handpiece = (*HandClient)(nil)

// DialHand connects to the Unix socket at path.
func DialHand(path string) (*HandClient, error) {
	conn, err := net.DialTimeout("unix", path, handPatience)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandLink, err)
	}
	return NewHandClient(conn), nil
}

// NewHandClient is the hand over conn, which it owns.
func NewHandClient(conn net.Conn) *HandClient {
	c := &HandClient{conn: conn, lines: bufio.NewScanner(conn)}
	c.lines.Buffer(make([]byte, maxHandLine), maxHandLine)
	return c
}

// Close ends the connection and leaves the inputs as they are.
func (c *HandClient) Close() error {
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrHandLink, err)
	}
	return nil
}

// Trigger implements Handpiece.
func (c *HandClient) Trigger(held bool) error { return c.do(handRequest{Do: doTrigger, On: held}) }

// Contact implements Handpiece.
func (c *HandClient) Contact(on bool) error { return c.do(handRequest{Do: doContact, On: on}) }

// ChangeTip implements Handpiece.
func (c *HandClient) ChangeTip(tip TipSpec) error { return c.do(handRequest{Do: doTip, Tip: &tip}) }

// RemoveTip implements Handpiece.
func (c *HandClient) RemoveTip() error { return c.do(handRequest{Do: doRemoveTip}) }

// LoadOhm implements Handpiece.
func (c *HandClient) LoadOhm(ohms protocol.Ohms) error {
	return c.do(handRequest{Do: doLoad, Ohm: ohms})
}

// Fault implements Handpiece.
func (c *HandClient) Fault(name string, on bool) error {
	return c.do(handRequest{Do: doFault, Fault: name, On: on})
}

// State implements Handpiece.
func (c *HandClient) State() (HandState, error) { return c.ask(handRequest{Do: doState}) }

func (c *HandClient) do(req handRequest) error {
	_, err := c.ask(req)
	return err
}

func (c *HandClient) ask(req handRequest) (HandState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fail := func(err error) (HandState, error) { return HandState{}, fmt.Errorf("%w: %w", ErrHandLink, err) }
	if err := c.conn.SetDeadline(time.Now().Add(handPatience)); err != nil {
		return fail(err)
	}
	if err := json.NewEncoder(c.conn).Encode(req); err != nil {
		return fail(err)
	}
	if !c.lines.Scan() {
		err := c.lines.Err()
		if err == nil {
			err = net.ErrClosed
		}
		return fail(err)
	}
	var a handAnswer
	if err := json.Unmarshal(c.lines.Bytes(), &a); err != nil {
		return fail(err)
	}
	switch sentinel := handReasons()[a.Reason]; {
	case a.State != nil:
		return *a.State, nil
	case sentinel != nil:
		// The pen's text says the same words first.
		return HandState{}, fmt.Errorf("%w%s", sentinel, strings.TrimPrefix(a.Error, sentinel.Error()))
	}
	return HandState{}, fmt.Errorf("%w: %s", errHandRequest, a.Error)
}
