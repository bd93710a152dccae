package sim

import (
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// The maker's tables of any unit keep the rules and make it deliver and report
// what is true, over everything that can be set, within a fifth of what raises
// an alarm.
func TestFactoryTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, _ := modelOf(rapid.SampledFrom([]Model{N1, R1}).Draw(t, "model"))
		m.serial = fmt.Sprint(rapid.Uint16().Draw(t, "serial"))
		u := unitOf(m)
		c, err := loadCalibration(NewRAM(), m, u)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range m.desc.Calibrations {
			q, _ := protocol.QuantityNamed(name)
			table, ok := c.table(q, protocol.CalActive)
			if !ok || table.Revision != 1 || table.DateDays == 0 {
				t.Fatalf("%v: %+v", q, table)
			}
			top := highest(&m.desc, q)
			v := rapid.Int32Range(top/50, top).Draw(t, name)
			near := func(what string, got int64) {
				allowed := int64(v)*speedTolerance/1000/5 + 2 // and what is cut off
				if q == protocol.QuantityDepth {
					allowed = int64(depthTolerance) / 5
				}
				if abs(got-int64(v)) > allowed {
					t.Fatalf("%v: %s %d for %d, %+v", q, what, got, v, table)
				}
			}
			near("drives", u[q].truth(int64(c.driven(q, v))*perBase)/perBase)
			near("reports", int64(c.measured(q, int32(u[q].raw(int64(v)*perBase)/perBase))))
		}
	})
}

// Nothing measured is nothing, and a needle behind the edge is not out, whatever
// a table says.
func TestMeasuredNothing(t *testing.T) {
	c, err := loadCalibration(NewRAM(), rfPen(), unitOf(rfPen()))
	if err != nil {
		t.Fatal(err)
	}
	for q := range protocol.Quantity(protocol.QuantityCount) {
		c.shelves[q].tables[0] = protocol.CalTable{Quantity: q, Revision: 9, Points: []protocol.CalPoint{{Raw: 0, True: 40}, {Raw: 100, True: 140}}}
		c.shelves[q].active = 0
		if got := c.measured(q, 0); q != protocol.QuantityDepth && got != 0 {
			t.Errorf("%v: %d measured of nothing", q, got)
		}
	}
	if got := c.measuredPower(0); got != 0 {
		t.Errorf("%d µW measured of nothing", got)
	}
	if got := c.measuredPower(1_500_500); got != 1_540_500 {
		t.Errorf("between two mW: %d µW", got)
	}
	c.shelves[0].tables[0].Points = []protocol.CalPoint{{Raw: 0, True: -80}, {Raw: 1000, True: 920}}
	if got := c.measured(protocol.QuantityDepth, 20); got != 0 {
		t.Errorf("a needle behind the edge is out by %d", got)
	}
}

// Whether RF is off is the sensor's word: a table within the rules may take 1 W
// for nothing.
func TestNoTableTurnsRFOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 5})
		b.do(b.pen.call(func() {
			use(t, b.pen, protocol.CalTable{Quantity: protocol.QuantityPower, Revision: 7, Points: []protocol.CalPoint{
				{Raw: 0, True: -499}, {Raw: 40_000, True: 29_501}, {Raw: 62_500, True: 52_000}}})
			fw := b.pen.fw
			fw.read.raw.power = int64(testPower) * uwPerMW
			fw.read.power = fw.cal.measuredPower(fw.read.raw.power)
			if fw.read.power > int64(rfOff)*uwPerMW {
				t.Fatalf("the table makes %d uW of it, which proves nothing", fw.read.power)
			}
			if !fw.rfMeasured() {
				t.Error("1 W measures as off")
			}
		}))
	})
}

// use makes t the active table of a pen that has not run yet, as a technician
// would, but without a link.
func use(tb testing.TB, p *Pen, t protocol.CalTable) {
	tb.Helper()
	s := &p.fw.cal.shelves[t.Quantity]
	if err := t.Check(s.highest); err != nil {
		tb.Fatal(err)
	}
	slot := s.free()
	if err := p.fw.cal.saveTable(slot, t); err != nil {
		tb.Fatal(err)
	}
	if err := p.fw.cal.turn(t.Quantity, slot, s.active); err != nil {
		tb.Fatal(err)
	}
}

// delivered is what really left a pen in one pull: the furthest depth, the mean
// power while it flowed, and the strokes a minute.
type delivered struct {
	depth    protocol.Micrometres
	power    protocol.Milliwatts
	energy   protocol.Microjoules
	strokes  int64
	reported protocol.Pulse
}

// pull has a pen of the model with the tables give one pulse or pull.
func pull(t *testing.T, m Model, tables ...protocol.CalTable) (d delivered) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var sum, on int64
		b := newBench(t, Config{Model: m, Seed: 5, Probe: func(o Outputs) {
			d.depth = max(d.depth, o.DepthUM)
			if o.PowerMW > 0 {
				sum += int64(o.PowerMW)
				on++
			}
		}})
		b.do(b.pen.call(func() {
			for _, table := range tables {
				use(t, b.pen, table)
			}
		}))
		var c *console
		if m == R1 {
			fields := rfSettings(300)
			fields[iPower].Value = 10_000
			c = b.ready(rfEnvelope(), fields)
		} else {
			c = b.ready(needlingEnvelope(), needlingSettings())
		}
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(400 * time.Millisecond)
		before := b.strokes()
		b.sleep(time.Second)
		d.strokes = (b.strokes() - before) * 60
		b.do(b.hand.Trigger(false))
		b.sleep(300 * time.Millisecond)
		pulses := all[protocol.Pulse](c)
		if len(pulses) != 1 {
			t.Fatalf("pulses %+v", pulses)
		}
		d.reported = *pulses[0]
		if on > 0 {
			d.power = protocol.Milliwatts(sum / on)
			d.energy = protocol.Microjoules(sum * int64(fineStepUS) / 1000)
		}
	})
	return d
}

// With its tables a pen delivers what is set; without them, or with wrong ones
// that are within the rules, it delivers something else and reports what was
// set: a pen can't know better than its table.
func TestTablesDecideWhatIsDelivered(t *testing.T) {
	right, bare := pull(t, R1), pull(t, R1, protocol.Identity(protocol.QuantityDepth, 3500), protocol.Identity(protocol.QuantityPower, 50_000))
	wrong := pull(t, R1, protocol.CalTable{Quantity: protocol.QuantityPower, Revision: 7, Points: []protocol.CalPoint{{}, {Raw: 50_000, True: 40_000}}})
	percent := func(v, of int64) int64 { return (v*1000/of + 5) / 10 }
	if d := abs(int64(right.depth) - 1500); d > int64(depthTolerance)/5 || percent(int64(right.power), 10_000) < 97 || percent(int64(right.power), 10_000) > 103 {
		t.Errorf("with its tables: %+v", right)
	}
	if d := abs(int64(bare.depth) - 1500); d < 30 || percent(int64(bare.power), 10_000) > 97 && percent(int64(bare.power), 10_000) < 103 {
		t.Errorf("without tables: %+v", bare)
	}
	if got := percent(int64(wrong.power), int64(bare.power)); got < 122 || got > 128 {
		t.Errorf("with a table that says a fifth less: %d %% of what it is without one", got)
	}
	if e := percent(int64(wrong.energy), int64(wrong.reported.Energy)); e < 115 {
		t.Errorf("energy %d uJ, reported %d", wrong.energy, wrong.reported.Energy)
	}
	for name, d := range map[string]delivered{"right": right, "bare": bare, "wrong": wrong} {
		if r := d.reported; abs(int64(r.Depth)-1500) > int64(depthTolerance)/5 || percent(int64(r.Power), 10_000) < 97 || percent(int64(r.Power), 10_000) > 103 {
			t.Errorf("%s: reports %d um, %d mW", name, r.Depth, r.Power)
		}
	}

	right, bare = pull(t, N1), pull(t, N1, protocol.Identity(protocol.QuantityDepth, 2500), protocol.Identity(protocol.QuantitySpeed, 9000))
	if d := abs(int64(right.depth) - 1500); d > int64(depthTolerance)/5 || percent(right.strokes, 7000) < 99 || percent(right.strokes, 7000) > 101 {
		t.Errorf("needling with its tables: %+v", right)
	}
	if d := abs(int64(bare.depth) - 1500); d < 30 || percent(bare.strokes, 7000) > 97 && percent(bare.strokes, 7000) < 103 {
		t.Errorf("needling without tables: %+v", bare)
	}
	if r := bare.reported; abs(int64(r.Speed)-7000) > 70 {
		t.Errorf("reports %d strokes a minute", r.Speed)
	}
}

func (c *console) enterService() {
	c.t.Helper()
	if m, ok := c.ask(&protocol.Service{Role: protocol.RoleTechnician, Enter: true}).(*protocol.ServiceMode); !ok || m.State != protocol.StateService {
		c.t.Fatalf("SERVICE got %+v", m)
	}
}

// write stages a table and returns its digest.
func (c *console) write(t protocol.CalTable) [8]byte {
	c.t.Helper()
	m, ok := c.ask(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: t.Quantity, Table: t.Append(nil)}).(*protocol.CalWritten)
	if !ok || m.Quantity != t.Quantity || m.Digest != t.Digest() {
		c.t.Fatalf("CAL_WRITE got %+v", m)
	}
	return m.Digest
}

// readTable is the table in a place; false where there is none.
func (c *console) readTable(q protocol.Quantity, place protocol.CalPlace) (protocol.CalTable, bool) {
	c.t.Helper()
	m, ok := c.ask(&protocol.CalRead{Quantity: q, Place: place}).(*protocol.CalTableReply)
	if !ok || m.Quantity != q || m.Place != place {
		c.t.Fatalf("CAL_READ got %+v", m)
	}
	if len(m.Table) == 0 {
		return protocol.CalTable{}, false
	}
	t, err := protocol.ParseCalTable(m.Table)
	if err != nil {
		c.t.Fatal(err)
	}
	return t, true
}

func depthTable(revision uint32) protocol.CalTable {
	return protocol.CalTable{
		Quantity: protocol.QuantityDepth, Revision: revision, DateDays: 20_500, ValidDays: 365, Technician: "T. Ech", Instrument: "gauge 12",
		Points: []protocol.CalPoint{{Raw: 100, True: 20}, {Raw: 3500, True: 3400 + int32(revision)}},
	}
}

func bytesOf(t protocol.CalTable) []byte { return t.Append(nil) }

func digestOf(t protocol.CalTable) [8]byte { return t.Digest() }

// A table is written, read back, committed and restored; each change counts the
// pen's revision, is in the settings hash, unconfirms, and survives a restart.
func TestCalibrate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 60, Memory: mem})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		c.set(rfEnvelope(), 1, rfSettings(100))
		factory, _ := c.readTable(protocol.QuantityDepth, protocol.CalActive)
		if _, ok := c.readTable(protocol.QuantityDepth, protocol.CalPrevious); ok {
			t.Error("a new pen has a previous table")
		}
		c.enterService()
		before := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
		digest := c.write(depthTable(2))
		if now := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); now.CalRev != before.CalRev || now.Hash != before.Hash {
			t.Error("a staged table has an effect")
		}
		if staged, ok := c.readTable(protocol.QuantityDepth, protocol.CalStaged); !ok || staged.Digest() != digest {
			t.Errorf("staged %+v", staged)
		}
		c.must(&protocol.CalCommit{CommandID: 1, Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth, Digest: digest}, protocol.CodeOK)
		after := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
		if after.CalRev != before.CalRev+1 || after.Hash == before.Hash || c.status().Flags&protocol.FlagSettings != 0 {
			t.Errorf("after a commit %+v", after)
		}
		if e := c.event(protocol.EventCalibration); e == nil || e.Args != [2]int32{int32(protocol.QuantityDepth), int32(after.CalRev)} {
			t.Errorf("event %+v", e)
		}
		if _, ok := c.readTable(protocol.QuantityDepth, protocol.CalStaged); ok {
			t.Error("what was committed is still staged")
		}
		check := func(c *console, active, previous protocol.CalTable) {
			t.Helper()
			a, _ := c.readTable(protocol.QuantityDepth, protocol.CalActive)
			p, _ := c.readTable(protocol.QuantityDepth, protocol.CalPrevious)
			if a.Digest() != active.Digest() || p.Digest() != previous.Digest() {
				t.Errorf("active %+v, previous %+v", a, p)
			}
		}
		check(c, depthTable(2), factory)
		c.must(&protocol.CalRestore{CommandID: 2, Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth}, protocol.CodeOK)
		check(c, factory, depthTable(2))
		digest = c.write(depthTable(3))
		c.must(&protocol.CalCommit{CommandID: 3, Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth, Digest: digest}, protocol.CodeOK)
		check(c, depthTable(3), factory)
		c.write(depthTable(4))
		c.ask(&protocol.Service{Role: protocol.RoleTechnician})
		if _, ok := c.readTable(protocol.QuantityDepth, protocol.CalStaged); ok {
			t.Error("what was staged outlives SERVICE")
		}
		c.ask(&protocol.PutSettings{Generation: 2, Fields: rfSettings(100), Role: protocol.RoleClinician})
		c.arm(armID, c.status().SettingsHash)
		if r, ok := c.ask(&protocol.CalRead{}).(*protocol.Rejected); !ok || r.Code != protocol.CodeState {
			t.Errorf("CAL_READ in READY got %+v", r)
		}
		b.stop()

		again := newBench(t, Config{Model: R1, Seed: 61, Memory: mem})
		c = again.console()
		c.hello(1)
		check(c, depthTable(3), factory)
		if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.CalRev != before.CalRev+3 {
			t.Errorf("revision %d after a restart, %d before three changes", s.CalRev, before.CalRev)
		}
	})
}

// A table's last day is its own: the day after, and only if the pen knows the
// date, the pen can't be armed until a table is active that is still valid.
func TestCalibrationExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 63})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		c.enterService()
		table := depthTable(2)
		c.must(&protocol.CalCommit{CommandID: 1, Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth, Digest: c.write(table)}, protocol.CodeOK)
		id := uint64(10)
		on := func(day int, expired bool) {
			t.Helper()
			id++
			utc := uint64(day) * secondsADay * 1_000_000
			c.must(&protocol.UTCSet{CommandID: id, Role: protocol.RoleTechnician, Clock: c.status().Clock, UTC: utc}, protocol.CodeOK)
			b.sleep(60 * time.Millisecond)
			if got := c.status().ArmBlocks&protocol.BlockCalExpired != 0; got != expired {
				t.Errorf("day %d: expired %v", day, got)
			}
		}
		if c.status().ArmBlocks&protocol.BlockCalExpired != 0 {
			t.Error("expired without a date")
		}
		last := int(table.DateDays) + int(table.ValidDays)
		on(last, false)
		on(last+1, true)
		c.must(&protocol.CalRestore{CommandID: 2, Role: protocol.RoleTechnician, Quantity: protocol.QuantityDepth}, protocol.CodeOK)
		on(last+1, false) // the maker's has no end
	})
}

// must sends a command and fails the test unless it is answered with the code.
func (c *console) must(m protocol.Once, want protocol.Code) {
	c.t.Helper()
	r, ok := c.ask(m).(*protocol.Result)
	if !ok || r.CommandID != m.ID() || r.Code != want || (r.Outcome == protocol.OutcomeDone) != (want == protocol.CodeOK) {
		c.t.Errorf("%v %+v got %+v, want %v", m.Type(), m, r, want)
	}
}

// Every refusal of a calibration, in the order of the rules, and none of them
// changes a table.
func TestCalibrationRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 62})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		id := uint64(100)
		const technician, clinician = protocol.RoleTechnician, protocol.RoleClinician
		commit := func(r protocol.Role, q protocol.Quantity, digest [8]byte, want protocol.Code) {
			t.Helper()
			id++
			c.must(&protocol.CalCommit{CommandID: id, Role: r, Quantity: q, Digest: digest}, want)
		}
		restore := func(r protocol.Role, q protocol.Quantity, want protocol.Code) {
			t.Helper()
			id++
			c.must(&protocol.CalRestore{CommandID: id, Role: r, Quantity: q}, want)
		}
		write := func(r protocol.Role, q protocol.Quantity, table []byte, want protocol.Code) {
			t.Helper()
			m, ok := c.ask(&protocol.CalWrite{Role: r, Quantity: q, Table: table}).(*protocol.Rejected)
			if !ok || m.Code != want || m.Field != protocol.NoField {
				t.Errorf("CAL_WRITE got %+v, want %v", m, want)
			}
		}
		calibration := func(fw *firmware) calibration { return fw.cal }
		before := within(b, calibration)
		good := depthTable(2)
		// STANDBY: the state comes before the role.
		commit(clinician, protocol.QuantitySpeed, [8]byte{}, protocol.CodeState)
		restore(clinician, protocol.QuantitySpeed, protocol.CodeState)
		write(clinician, protocol.QuantitySpeed, nil, protocol.CodeState)
		c.enterService()
		commit(clinician, protocol.QuantitySpeed, [8]byte{}, protocol.CodeRole)
		restore(protocol.RoleServiceEngineer, protocol.QuantitySpeed, protocol.CodeRole)
		write(protocol.RoleNone, protocol.QuantitySpeed, nil, protocol.CodeRole)
		// The RF pen's stamps come from its clock.
		commit(technician, protocol.QuantitySpeed, [8]byte{}, protocol.CodeRange)
		restore(technician, protocol.QuantityCount, protocol.CodeRange)
		write(technician, protocol.QuantitySpeed, nil, protocol.CodeRange)
		if r, ok := c.ask(&protocol.CalRead{Quantity: protocol.QuantitySpeed}).(*protocol.Rejected); !ok || r.Code != protocol.CodeRange {
			t.Errorf("CAL_READ of what is not offered got %+v", r)
		}
		if r, ok := c.ask(&protocol.CalRead{Place: 3}).(*protocol.Rejected); !ok || r.Code != protocol.CodeRange {
			t.Errorf("CAL_READ of no place got %+v", r)
		}
		write(technician, protocol.QuantityDepth, nil, protocol.CodeTable)
		write(technician, protocol.QuantityDepth, []byte{1, 2, 3}, protocol.CodeTable)
		write(technician, protocol.QuantityPower, good.Append(nil), protocol.CodeTable)
		commit(technician, protocol.QuantityDepth, good.Digest(), protocol.CodeIncomplete)
		restore(technician, protocol.QuantityDepth, protocol.CodeNothing)
		c.write(good)
		commit(technician, protocol.QuantityDepth, digestOf(depthTable(3)), protocol.CodeDigest)
		steep := depthTable(2)
		steep.Points[1].True = 5000
		commit(technician, protocol.QuantityDepth, c.write(steep), protocol.CodeTable)
		old := depthTable(1)
		commit(technician, protocol.QuantityDepth, c.write(old), protocol.CodeGeneration)
		if now := within(b, calibration); now.revision != before.revision || !reflect.DeepEqual(now.shelves, before.shelves) {
			t.Errorf("a refusal changed a table")
		}
		// Above the active one and below the previous one is an old table, too.
		commit(technician, protocol.QuantityDepth, c.write(depthTable(9)), protocol.CodeOK)
		restore(technician, protocol.QuantityDepth, protocol.CodeOK)
		commit(technician, protocol.QuantityDepth, c.write(depthTable(5)), protocol.CodeGeneration)
	})
}

// failing is a memory that is cut off after so many more writes, as by a supply
// that fails: what was written before is there.
type failing struct {
	*RAM
	left int
}

func (m *failing) Write(cell uint32, v []byte) error {
	if m.left == 0 {
		return ErrMemory
	}
	m.left--
	return m.RAM.Write(cell, v)
}

func (m *failing) WriteAt(a Area, at int64, b []byte) error {
	if m.left == 0 {
		return ErrMemory
	}
	m.left--
	return m.RAM.WriteAt(a, at, b)
}

// A commit or a restore that is cut off at any write leaves a pen with all of
// the old or all of the new.
func TestCalibrationTorn(t *testing.T) {
	for _, restore := range []bool{false, true} {
		cuts := 0
		for left := 0; ; left++ {
			mem := &failing{RAM: NewRAM(), left: 1 << 30}
			fw, err := newFirmware(rfPen(), mem, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			old, _ := fw.cal.table(protocol.QuantityDepth, protocol.CalActive)
			fw.cal.staged[protocol.QuantityDepth] = bytesOf(depthTable(2))
			commit := func() protocol.Code {
				return fw.calCommit(&protocol.CalCommit{Digest: digestOf(depthTable(2))})
			}
			if restore {
				if code := commit(); code != protocol.CodeOK {
					t.Fatal(code)
				}
			}
			was := fw.cal
			mem.left = left
			var code protocol.Code
			if restore {
				code = fw.calRestore(&protocol.CalRestore{})
			} else {
				code = commit()
			}
			now, err := loadCalibration(mem.RAM, rfPen(), unitOf(rfPen()))
			if err != nil {
				t.Fatalf("cut after %d writes: %v", left, err)
			}
			active, _ := now.table(protocol.QuantityDepth, protocol.CalActive)
			turned := active.Digest() == digestOf(depthTable(2)) != restore
			if !turned && active.Digest() != old.Digest() && !restore {
				t.Errorf("cut after %d writes: %+v", left, active)
			}
			if want := was.revision + uint32(flag(turned)); now.revision != want {
				t.Errorf("cut after %d writes: revision %d, turned %v", left, now.revision, turned)
			}
			if code == protocol.CodeOK && !turned {
				t.Errorf("cut after %d writes: said done and was not", left)
			}
			if code == protocol.CodeOK && fw.broken == nil {
				break // the event behind it was written, too
			}
			cuts++
		}
		if cuts < 2 {
			t.Errorf("restore %v: cut %d times", restore, cuts)
		}
	}
}

// A directory or a table that can't be is an error, never a pen without tables.
func TestCalibrationDamaged(t *testing.T) {
	for name, damage := range map[string]func(*RAM) error{
		"directory cut": func(m *RAM) error { return m.Write(cellCalibration, []byte{1, 0, 0, 0}) },
		"slot": func(m *RAM) error {
			return m.Write(cellCalibration, append([]byte{1, 0, 0, 0, 7, noSlot}, make([]byte, 8)...))
		},
		"no table": func(m *RAM) error { return m.Write(cellTables, nil) },
	} {
		mem := NewRAM()
		if _, err := New(Config{Model: R1, Memory: mem}); err != nil {
			t.Fatal(err)
		}
		if err := damage(mem); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Model: R1, Memory: mem}); err == nil {
			t.Errorf("%s: a pen all the same", name)
		}
	}
}
