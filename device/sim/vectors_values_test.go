package sim

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// TestVectorsOfCalibration writes each table of the folder "calibration" to a
// pen whose quantity goes up to what the vector says, and commits it.
func TestVectorsOfCalibration(t *testing.T) {
	list, err := vectors.Calibrations()
	if err != nil || len(list) < 20 {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		t.Run(v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkCalibration(t, v) })
		})
	}
}

func checkCalibration(t *testing.T, v vectors.Calibration) {
	q := protocol.QuantityDepth
	if len(v.Table) > 1 && v.Table[1] < protocol.QuantityCount {
		q = protocol.Quantity(v.Table[1])
	}
	model := R1
	if q == protocol.QuantitySpeed {
		model = N1
	}
	b, c := vectorPen(t, model, true)
	if has := b.pen.fw.cal.shelves[q].highest; has != v.Highest {
		t.Fatalf("%v of %s goes up to %d, not to %d", q, model, has, v.Highest)
	}
	before, _ := c.readTable(q, protocol.CalActive)
	c.enterService()
	unread := slices.Contains([]string{"format", "reserved", "technician", "instrument", "point_count", "coefficient_count", "length", "quantity"}, v.Rule)
	switch m := c.ask(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: q, Table: v.Table}).(type) {
	case *protocol.Rejected:
		if !unread || m.Code != protocol.CodeTable {
			t.Fatalf("CAL_WRITE got %+v, rule %q", m, v.Rule)
		}
		return
	case *protocol.CalWritten:
		if unread || v.Accepted && !bytes.Equal(m.Digest[:], v.Digest) {
			t.Fatalf("CAL_WRITE got %+v, rule %q, digest %x", m, v.Rule, []byte(v.Digest))
		}
		want := protocol.CodeOK
		if !v.Accepted {
			want = protocol.CodeTable
		}
		commit := &protocol.CalCommit{CommandID: 1, Role: protocol.RoleTechnician, Quantity: q, Digest: m.Digest}
		if got := c.settled(b, commit); got != want {
			t.Errorf("CAL_COMMIT got %v, want %v", got, want)
		}
	default:
		t.Fatalf("CAL_WRITE got %+v", m)
	}
	after, _ := c.readTable(q, protocol.CalActive)
	if v.Accepted != bytes.Equal(after.Append(nil), v.Table) || !v.Accepted && after.Digest() != before.Digest() {
		t.Errorf("the active table is %x", after.Append(nil))
	}
}

// settled is what a command came to, also where it was RUNNING.
func (c *console) settled(b *bench, m protocol.Once) protocol.Code {
	r, ok := c.ask(m).(*protocol.Result)
	for range 20 {
		if !ok || r.Outcome != protocol.OutcomeRunning {
			break
		}
		b.sleep(100 * time.Millisecond)
		r, ok = c.ask(&protocol.ResultOf{CommandID: m.ID()}).(*protocol.Result)
	}
	if !ok || (r.Outcome == protocol.OutcomeDone) != (r.Code == protocol.CodeOK) {
		c.t.Fatalf("%v came to %+v", m.Type(), r)
	}
	return r.Code
}

// TestVectorsOfFirmware uploads each package of the folder "firmware" to the pen
// that it is for, and has it verified.
func TestVectorsOfFirmware(t *testing.T) {
	list, err := vectors.Firmwares()
	if err != nil || len(list) < 15 {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		t.Run(v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkFirmware(t, v) })
		})
	}
}

func checkFirmware(t *testing.T, v vectors.Firmware) {
	b, c := vectorPen(t, R1, true)
	minimum := protocol.Version{Major: v.Minimum[0], Minor: v.Minimum[1], Patch: v.Minimum[2]}
	fw := b.pen.fw
	if fw.model.name != v.Model || fw.model.desc.Hardware != v.Hardware || fw.update.kept.minimum != minimum {
		t.Fatalf("the pen is an %s of hardware %d with minimum %v", fw.model.name, fw.model.desc.Hardware, fw.update.kept.minimum)
	}
	begin := &protocol.FirmwareBegin{CommandID: 1, Role: protocol.RoleServiceEngineer, Length: uint32(len(v.Package)), SHA256: [32]byte(v.SHA256)}
	if code := c.settled(b, begin); code != protocol.CodeOK {
		t.Fatalf("FW_BEGIN got %v", code)
	}
	c.upload(v.Package, 0, len(v.Package))
	if code := c.settled(b, verifyOf(2)); code.String() != v.Code {
		t.Errorf("FW_VERIFY got %v, want %s", code, v.Code)
	}
	want := protocol.CodeNothing
	if v.Code == "OK" {
		want = protocol.CodeOK
	}
	if code := c.settled(b, &protocol.FirmwareCommit{CommandID: 3, Role: protocol.RoleServiceEngineer, Digest: [8]byte(v.SHA256[:8])}); code != want {
		t.Errorf("FW_COMMIT got %v, want %v", code, want)
	}
}
