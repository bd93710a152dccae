package sim

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"

	"stipple/protocol"
)

// linkFaults are the faults of what the pen tells. What it does and what it
// reads is as it was told: only the console is deceived.
type linkFaults struct {
	faults      faultSet
	lostReplies int // replies of the command lane that will not be sent
}

// breakLink turns a fault of what the console is told.
func (fw *firmware) breakLink(f faultSet, on bool) {
	switch {
	case f == faultLostAck && on:
		fw.link.lostReplies++
	case f == faultLostAck:
		fw.link.lostReplies = 0
	default:
		fw.link.faults = fw.link.faults.with(f, on)
		fw.describe()
	}
}

// loses says whether a frame is one that SwitchLostAck swallows, and counts it.
func (l *linkFaults) loses(lane protocol.Lane) bool {
	if lane != protocol.LaneCommand || l.lostReplies == 0 {
		return false
	}
	l.lostReplies--
	return true
}

// distort is m as the faults of the link let it be told. It leaves m as it is:
// what a message shares with the firmware's state stays true.
func (fw *firmware) distort(m protocol.Message) protocol.Message {
	if fw.link.faults == 0 {
		return m
	}
	echo, hash := fw.link.faults.has(faultWrongEcho), fw.link.faults.has(faultWrongHash)
	step := fw.model.desc.Parameters[iDepth].Step
	switch m := m.(type) {
	case *protocol.SettingsReply:
		told := *m
		if echo && len(m.Values) > iDepth {
			told.Values = slices.Clone(m.Values)
			told.Values[iDepth] += step
		}
		if hash {
			told.Hash = oneBitOff(m.Hash)
		}
		return &told
	case *protocol.EnvelopeReply:
		told := *m
		if echo && len(m.Envelope.Ranges) > iDepth {
			told.Envelope.Ranges = slices.Clone(m.Envelope.Ranges)
			told.Envelope.Ranges[iDepth].Max += step
		}
		return &told
	case *protocol.Status:
		told := *m
		if hash {
			told.SettingsHash = oneBitOff(m.SettingsHash)
		}
		return &told
	}
	return m
}

// oneBitOff leaves a hash of zeros, which says that there is none.
func oneBitOff(hash [8]byte) [8]byte {
	if hash != [8]byte{} {
		hash[0] ^= 1
	}
	return hash
}

// describe makes the descriptor that the link tells: the pen's own, or a
// hostile one under a digest that is right for it.
func (fw *firmware) describe() {
	raw, err := hostile(fw.model.desc, fw.link.faults)
	if err != nil {
		return // a pen whose descriptor can't be encoded was never made
	}
	fw.descriptor, fw.digest = raw, sha256.Sum256(raw)
}

// hostile is d as JSON, with the faults in it.
func hostile(d protocol.Descriptor, faults faultSet) ([]byte, error) {
	d.Parameters = slices.Clone(d.Parameters)
	depth := &d.Parameters[iDepth]
	if faults.has(faultDescriptorMinMax) {
		depth.Min = depth.Max + depth.Step
	}
	if faults.has(faultDescriptorStep) {
		depth.Step = 0
	}
	if faults.has(faultDescriptorTwice) {
		d.Parameters[iSpeed].Name = depth.Name
	}
	raw, err := d.Encode()
	if err != nil {
		return nil, err
	}
	if faults.has(faultDescriptorControl) {
		name := []byte(`"name":"`)
		raw = bytes.Replace(raw, name, append(name, '\a'), 1)
	}
	if faults.has(faultDescriptorLong) {
		// A key that is not known is allowed; what is too much is the length.
		word := `"` + strings.Repeat("x", protocol.MaxText) + `",`
		raw = slices.Concat(raw[:len(raw)-1], []byte(`,"padding":[`+strings.Repeat(word, protocol.MaxDescriptor/len(word))+`""]}`))
	}
	return raw, nil
}
