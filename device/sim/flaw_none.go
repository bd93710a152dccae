//go:build !brokenpen

package sim

import "stipple/protocol"

// flaws is what a pen of a build has: none, and no way to get one.
type flaws struct{}

func (flaws) has(flaw) bool { return false }

func (flaws) answering(int64) {}

func (flaws) deaf(int64) bool { return false }

func (flaws) remember(arming) {}

func (*firmware) reviveFlawed(*protocol.Lease) {}
