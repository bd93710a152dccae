package awake

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// errBusEnded means that the bus has closed the connection.
var errBusEnded = errors.New("the bus has ended the connection")

// errMalformed means that an answer is not of the form that the service has
// published.
var errMalformed = errors.New("answer of an unknown form")

// openBus connects to a bus, for this keeper alone: what is held on the
// connection ends with it. It starts no bus that is not there. The connection
// outlives ctx: its owner closes it, once nothing is under way on it.
func openBus(ctx context.Context, dial func(...dbus.ConnOption) (*dbus.Conn, error)) (*dbus.Conn, error) {
	limit, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	life, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	conn, err := dial(dbus.WithContext(life))
	if err != nil {
		giveUp()
		return nil, err
	}
	late := context.AfterFunc(limit, giveUp) // closes the connection, which ends what waits for it
	err = conn.Auth(nil)
	if err == nil {
		err = conn.Hello()
	}
	if !late() {
		err = errors.Join(err, limit.Err())
	}
	if err != nil {
		giveUp()
		return nil, errors.Join(err, conn.Close())
	}
	context.AfterFunc(conn.Context(), giveUp)
	return conn, nil
}

// listen subscribes to signals and returns where they arrive, in order, until
// the connection ends.
func listen(ctx context.Context, conn *dbus.Conn, rules ...[]dbus.MatchOption) (<-chan *dbus.Signal, error) {
	signals := make(chan *dbus.Signal, signalQueue)
	conn.Signal(signals)
	for _, rule := range rules {
		if err := conn.AddMatchSignalContext(ctx, rule...); err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
	}
	return signals, nil
}

// flag is the one argument of a signal that says yes or no.
func flag(s *dbus.Signal) (value, ok bool) {
	if len(s.Body) != 1 {
		return false, false
	}
	value, ok = s.Body[0].(bool)
	return value, ok
}
