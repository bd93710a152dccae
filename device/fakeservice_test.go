package device_test

import (
	"stipple/protocol"
)

// fakeLogKept is what the fake pen says that its log holds.
const fakeLogKept = 100_000

// fakeService is what a fake pen has besides treating.
type fakeService struct {
	log []protocol.LogRecord
}

// fakeLog makes a log of n records from index from on, of one boot.
func fakeLog(n int, from, boot uint32) []protocol.LogRecord {
	records := make([]protocol.LogRecord, n)
	for i := range records {
		r := protocol.LogRecord{Boot: boot, Index: from + uint32(i), Clock: protocol.PenClock(1000 * (i + 1)), Code: protocol.EventTrigger}
		r.Args[0] = int32(i & 1)
		r.Seal()
		records[i] = r
	}
	return records
}

// serve answers what has nothing to do with a treatment.
func (p *fakePen) serve(f protocol.Frame, m protocol.Message) {
	switch m := m.(type) {
	case *protocol.LogRead:
		p.reply(f, p.logPage(m))
	}
}

func (p *fakePen) logPage(m *protocol.LogRead) *protocol.LogPage {
	log := p.svc.log
	page := &protocol.LogPage{}
	if len(log) == 0 {
		return page
	}
	page.Oldest, page.Newest = log[0].Index, log[len(log)-1].Index
	most := min(int(m.Max), protocol.MaxRecordsPerPage)
	if p.st.Permits() {
		most = min(most, 2)
	}
	low, high := 0, len(log)
	for low < high {
		if mid := (low + high) / 2; log[mid].Index < m.From {
			low = mid + 1
		} else {
			high = mid
		}
	}
	page.Records = append(page.Records, log[low:min(low+most, len(log))]...)
	return page
}
