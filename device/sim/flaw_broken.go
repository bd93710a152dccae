//go:build brokenpen

package sim

import (
	"errors"
	"fmt"
	"time"

	"stipple/protocol"
)

// flaws is the one mistake of a pen that NewFlawed made, and what it needs to
// make it.
type flaws struct {
	one     flaw
	deafTo  int64 // step until which ESTOP is not obeyed
	expired arming
}

func (f *flaws) has(x flaw) bool { return f.one == x }

// bulkTime is how long the flawed pen writes a bulk answer: 250 bytes at 115,200
// baud, and as much again for its memory.
const bulkTime = 40 * time.Millisecond

func (f *flaws) answering(now int64) {
	if f.has(flawStopInBulk) {
		f.deafTo = now + inSteps(bulkTime)
	}
}

func (f *flaws) deaf(now int64) bool { return now < f.deafTo }

func (f *flaws) remember(a arming) { f.expired = a }

// reviveFlawed arms again under an arm id whose lease is over.
func (fw *firmware) reviveFlawed(m *protocol.Lease) {
	old := fw.flaws.expired
	if !fw.flaws.has(flawLeaseRevives) || fw.state != protocol.StateStandby || old.id == 0 || m.ArmID != old.id {
		return
	}
	old.leased, old.idleSince = false, fw.steps
	fw.arm = old
	fw.setState(protocol.StateReady, "arm")
	if fw.trigger {
		fw.pulled()
	}
}

// ErrFlawName means that no flaw has that name.
var ErrFlawName = errors.New("no such flaw")

// FlawNames lists the flaws in a fixed order. It exists with the build tag
// brokenpen alone.
func FlawNames() []string {
	var names []string
	for f := noFlaw + 1; f < flawCount; f++ {
		names = append(names, f.String())
	}
	return names
}

// NewFlawed is New for a pen with one mistake. It exists with the build tag
// brokenpen alone. ErrFlawName: there is no such flaw.
func NewFlawed(cfg Config, name string) (*Pen, error) {
	for f := noFlaw + 1; f < flawCount; f++ {
		if f.String() != name {
			continue
		}
		p, err := New(cfg)
		if err == nil {
			p.fw.flaws.one = f
		}
		return p, err
	}
	return nil, fmt.Errorf("%w: %q", ErrFlawName, name)
}
