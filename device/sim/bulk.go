package sim

import "stipple/protocol"

func (fw *firmware) descriptorChunk(m *protocol.DescriptorRead) protocol.Message {
	n := min(int(m.Max), protocol.MaxChunk)
	if fw.outputPossible() {
		n = min(n, protocol.BulkArmedBytes-chunkHead)
	}
	from := min(int(m.Offset), len(fw.descriptor))
	return &protocol.DescriptorChunk{Offset: m.Offset, Data: fw.descriptor[from:min(from+n, len(fw.descriptor))]}
}

// chunkHead and pageHead are the bytes of DESCRIPTOR_CHUNK and PULSE_PAGE in
// front of what they carry.
const (
	chunkHead = 3
	pageHead  = 9
)

// pulsePage answers with the closed records that the ledger holds from the
// wanted index on; while output is possible with what a bulk answer may carry then. A record
// that the end of READY has left open for a moment must not look as if it had
// never been: who asks then must ask again.
func (fw *firmware) pulsePage(m *protocol.PulseRead) protocol.Message {
	if fw.run.pulse != nil && !fw.outputPossible() {
		return rejected(protocol.TypePulseRead, protocol.CodeBusy, protocol.NoField, 0)
	}
	most := min(int(m.Max), protocol.MaxPulsesPerPage)
	if fw.outputPossible() {
		most = min(most, (protocol.BulkArmedBytes-pageHead)/protocol.PulseSize)
	}
	page := &protocol.PulsePage{Oldest: fw.nv.oldestPulse(), Newest: fw.closedPulses()}
	if page.Newest == 0 {
		page.Oldest = 0
		return page
	}
	for i := max(m.From, page.Oldest); i <= page.Newest && len(page.Pulses) < most; i++ {
		p, ok, err := fw.nv.pulse(i)
		fw.keepErr(err)
		if ok {
			page.Pulses = append(page.Pulses, p)
		}
		if i == 1<<32-1 {
			break
		}
	}
	return page
}
