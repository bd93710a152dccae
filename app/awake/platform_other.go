//go:build !linux && !windows && !darwin

package awake

import (
	"context"
	"errors"
	"runtime"
)

// platform are the services of this platform: none that is known here.
func platform() []part {
	return []part{func(context.Context, Config, wish) error {
		return &UnavailableError{Service: "power management", Cause: errors.New("not known on " + runtime.GOOS)}
	}}
}
