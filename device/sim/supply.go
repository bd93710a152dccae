package sim

import "stipple/protocol"

// supplied is the memory as the firmware has it: behind the pen's supply, which
// can fail in the middle of a write. From then on the firmware runs no more:
// what it would still write is not written, and what it would still say is not
// said, until it boots.
type supplied struct {
	Memory
	tearIn int  // writes until the one that is torn, that one too; 0: none is
	dead   bool // the supply has failed in this step
}

// tearer is a Memory that can leave a write half done, as a supply that fails
// does. Of any other the write does not begin.
type tearer interface {
	tear(cell uint32, value []byte) error
}

// tearAfter arms or disarms the failure in the next write.
func (s *supplied) tearAfter(on bool) {
	s.tearIn = 0
	if on {
		s.tearIn = 1
	}
}

// fate is what becomes of a write.
type fate uint8

const (
	fateWhole fate = iota
	fateTorn
	fateNone
)

// next is the fate of the next write.
func (s *supplied) next() fate {
	switch {
	case s.dead:
		return fateNone
	case s.tearIn == 1:
		s.tearIn, s.dead = 0, true
		return fateTorn
	case s.tearIn > 1:
		s.tearIn--
	}
	return fateWhole
}

// Write implements Memory.
func (s *supplied) Write(cell uint32, value []byte) error {
	switch s.next() {
	case fateWhole:
		return s.Memory.Write(cell, value)
	case fateTorn:
		if t, ok := s.Memory.(tearer); ok {
			return t.tear(cell, value)
		}
	}
	return nil
}

// WriteAt implements Memory.
func (s *supplied) WriteAt(a Area, at int64, b []byte) error {
	switch s.next() {
	case fateWhole:
		return s.Memory.WriteAt(a, at, b)
	case fateTorn:
		return s.Memory.WriteAt(a, at, b[:len(b)/2])
	}
	return nil
}

// cutOff follows each step and each frame: if the supply has failed in it, the
// pen is dark. Nothing of the plant has moved since.
func (fw *firmware) cutOff() {
	if fw.memory.dead {
		fw.brownOut(inSteps(darkTime))
	}
}

// brownOut is a supply that fails: everything off, nothing closed, nothing
// said, and a boot when it has been back for as many steps.
func (fw *firmware) brownOut(dark int64) {
	fw.plant.rfSet, fw.plant.run, fw.plant.supply, fw.plant.hold, fw.plant.dark = 0, false, false, true, true
	fw.session = session{}
	fw.run, fw.job = run{}, job{}
	fw.state, fw.mode = protocol.StateStandby, protocol.StateStandby
	fw.memory.dead = false
	fw.darkLeft = dark
	fw.say("reboot")
}

// stayDark says whether the supply will not be back by itself.
func (fw *firmware) stayDark() bool { return fw.plant.has(faultBrownOut) || fw.plant.empty }

// darkStep is n steps without a supply.
func (fw *firmware) darkStep(n int64) {
	if fw.stayDark() {
		return
	}
	if fw.darkLeft -= n; fw.darkLeft <= 0 {
		fw.reboot()
	}
}
