package main

import (
	"context"

	"stipple/device"
)

// echoFloor: there are no pseudo-terminals on Windows to measure.
func (c console) echoFloor(context.Context, *device.Session, int) (*spreadShape, error) {
	return nil, nil
}
