package device_test

import (
	"crypto/sha256"
	"time"

	"stipple/protocol"
)

// fakeLogKept is what the fake pen says that its log holds.
const fakeLogKept = 100_000

// fakeService is what a fake pen has besides treating.
type fakeService struct {
	log      []protocol.LogRecord
	tables   map[[2]uint8][]byte // by quantity and place
	counters protocol.Counters
	utc      protocol.UTCSet
	report   protocol.SelfTestReport
	output   protocol.TestReport
	fw       protocol.FirmwareState
	pkg      []byte

	refuse  protocol.Code // if not CodeOK: every command with an id
	running time.Duration // how long a command with an id is at work
	begun   time.Duration // since the pen's start, when the newest of them began
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
	if once, ok := m.(protocol.Once); ok {
		p.serveOnce(f, once)
		return
	}
	switch m := m.(type) {
	case *protocol.LogRead:
		p.reply(f, p.logPage(m))
	case *protocol.LogNote:
		r := protocol.LogRecord{Boot: 7, Index: p.st.NewestLog + 1, Code: protocol.EventNote, Args: protocol.NoteArgs(m.Note)}
		r.Seal()
		p.svc.log = append(p.svc.log, r)
		p.reply(f, &protocol.LogNoted{Index: r.Index})
	case *protocol.Service:
		p.st.State, p.applied = protocol.StateStandby, false
		if m.Enter {
			p.st.State = protocol.StateService
		}
		p.st.ArmID = 0
		p.reply(f, &protocol.ServiceMode{State: p.st.State})
		p.sendStatus()
	case *protocol.SelfTestRead:
		report := p.svc.report
		p.reply(f, &report)
	case *protocol.TestRead:
		report := p.svc.output
		p.reply(f, &report)
	case *protocol.CountersRead:
		counters := p.svc.counters
		p.reply(f, &counters)
	case *protocol.CalRead:
		p.reply(f, &protocol.CalTableReply{Quantity: m.Quantity, Place: m.Place, Table: p.svc.tables[place(m.Quantity, m.Place)]})
	case *protocol.CalWrite:
		p.svc.tables[place(m.Quantity, protocol.CalStaged)] = m.Table
		sum := sha256.Sum256(m.Table)
		p.reply(f, &protocol.CalWritten{Quantity: m.Quantity, Digest: [8]byte(sum[:8])})
	case *protocol.FirmwareRead:
		st := p.svc.fw
		p.reply(f, &st)
	case *protocol.FirmwareWrite:
		if int(m.Offset) == len(p.svc.pkg) && len(p.svc.pkg)+len(m.Data) <= int(p.svc.fw.Length) {
			p.svc.pkg = append(p.svc.pkg, m.Data...)
		}
		p.svc.fw.Next = uint32(len(p.svc.pkg))
		p.reply(f, &protocol.FirmwareWritten{Offset: m.Offset, Next: p.svc.fw.Next})
	}
}

func place(q protocol.Quantity, p protocol.CalPlace) [2]uint8 { return [2]uint8{uint8(q), uint8(p)} }

// serveOnce carries out a command with an id, at once or after a while at work.
func (p *fakePen) serveOnce(f protocol.Frame, m protocol.Once) {
	if p.svc.running > 0 {
		if p.svc.begun == 0 {
			p.svc.begun = time.Since(p.start)
		}
		if time.Since(p.start)-p.svc.begun < p.svc.running {
			p.reply(f, &protocol.Result{CommandID: m.ID(), Outcome: protocol.OutcomeRunning})
			delete(p.kept, f.Seq) // what is kept is brought up to date
			return
		}
	}
	res := protocol.Result{CommandID: m.ID(), Outcome: protocol.OutcomeDone}
	if p.svc.refuse != protocol.CodeOK {
		res.Outcome, res.Code = protocol.OutcomeRejected, p.svc.refuse
	} else {
		p.carryOut(m)
	}
	p.results[m.ID()] = res
	p.reply(f, &res)
	p.sendStatus()
}

func (p *fakePen) carryOut(m protocol.Once) {
	t := p.svc.tables
	switch m := m.(type) {
	case *protocol.LogErase:
		for len(p.svc.log) > 0 && p.svc.log[0].Index <= m.UpTo {
			p.svc.log = p.svc.log[1:]
		}
		p.svc.log = append(p.svc.log, fakeLog(1, m.UpTo+1, 7)...)
	case *protocol.SelfTest:
		p.svc.report.Clock = p.clock()
	case *protocol.TestOutput:
		p.st.ArmID = m.ArmID()
		p.svc.output = protocol.TestReport{CommandID: m.CommandID, Quantity: m.Quantity, Raw: m.Raw, Set: m.Value}
	case *protocol.CounterReset:
		p.svc.counters.ServicePulses, p.svc.counters.ServiceMotor, p.svc.counters.ServiceRF = 0, 0, 0
	case *protocol.UTCSet:
		p.svc.utc = *m
	case *protocol.TipBind:
		p.tip.BoundTreatment = m.TreatmentID
	case *protocol.CalCommit:
		t[place(m.Quantity, protocol.CalPrevious)] = t[place(m.Quantity, protocol.CalActive)]
		t[place(m.Quantity, protocol.CalActive)] = t[place(m.Quantity, protocol.CalStaged)]
		delete(t, place(m.Quantity, protocol.CalStaged))
	case *protocol.CalRestore:
		a, b := place(m.Quantity, protocol.CalActive), place(m.Quantity, protocol.CalPrevious)
		t[a], t[b] = t[b], t[a]
	case *protocol.FirmwareBegin:
		if p.svc.fw.SHA256 != m.SHA256 {
			p.svc.pkg = nil
		}
		p.st.State = protocol.StateUpdate
		p.svc.fw = protocol.FirmwareState{Phase: protocol.FirmwareReceiving, Length: m.Length, SHA256: m.SHA256, Next: uint32(len(p.svc.pkg)), Running: fakeVersion}
	case *protocol.FirmwareVerify:
		p.svc.fw.Phase, p.svc.fw.Staged = protocol.FirmwareVerified, fakeNext
	case *protocol.FirmwareAbort:
		p.st.State, p.svc.fw, p.svc.pkg = protocol.StateStandby, protocol.FirmwareState{Running: fakeVersion}, nil
	}
}

// The firmware that a fake pen runs, and the one in every package.
var (
	fakeVersion = protocol.Version{Major: 1}
	fakeNext    = protocol.Version{Major: 1, Minor: 1}
)

// newService is a fake pen's service before anything is asked of it.
func newService() fakeService {
	depth := protocol.Identity(protocol.QuantityDepth, 3500)
	power := protocol.Identity(protocol.QuantityPower, 50000)
	tests := protocol.TestMemory | protocol.TestBattery | protocol.TestDrive
	return fakeService{
		tables: map[[2]uint8][]byte{
			place(protocol.QuantityDepth, protocol.CalActive): depth.Append(nil),
			place(protocol.QuantityPower, protocol.CalActive): power.Append(nil),
		},
		counters: protocol.Counters{Boots: 7, Pulses: 900, MotorSeconds: 500, RFSeconds: 90, ServicePulses: 120, ServiceMotor: 60, ServiceRF: 12, BatteryCycles: 8},
		report: protocol.SelfTestReport{Clock: 1, Done: tests, Passed: tests, Readings: []protocol.Reading{
			{Test: 0, Value: 0}, {Test: 4, Value: 90}, {Test: 6, Value: 3}}},
		fw: protocol.FirmwareState{Running: fakeVersion, Minimum: fakeVersion},
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
