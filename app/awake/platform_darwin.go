package awake

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
)

// caffeinate is the system's own tool: no display sleep (-d), no idle sleep (-i),
// until the process of that id has ended (-w).
const caffeinate = "/usr/bin/caffeinate"

// platform are the services of this platform.
func platform() []part { return []part{keepCaffeinated} }

// keepCaffeinated holds by a child, which ends by itself if this process does.
func keepCaffeinated(ctx context.Context, _ Config, w wish) error {
	var child *exec.Cmd
	ended := make(chan error, 1)
	end := func() {
		if child != nil {
			_ = child.Process.Kill() // fails only on one that has ended
			<-ended
			child = nil
		}
	}
	defer end()
	for {
		switch {
		case w.holds() && child == nil:
			child = exec.Command(caffeinate, "-d", "-i", "-w", strconv.Itoa(os.Getpid()))
			if err := child.Start(); err != nil {
				child = nil
				return &UnavailableError{Service: "caffeinate", Cause: err}
			}
			go func(c *exec.Cmd) { ended <- c.Wait() }(child)
		case !w.holds():
			end()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		case err := <-ended:
			child = nil
			return &UnavailableError{Service: "caffeinate", Cause: errors.Join(errors.New("it ended by itself"), err)}
		}
	}
}
