package protocol

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrCalibration is a calibration table that breaks a rule.
var ErrCalibration = errors.New("calibration table refused")

// CalForm says how a calibration table turns a raw value into a true one.
type CalForm uint8

// The forms of a calibration table.
const (
	// CalPiecewise joins the points by straight lines and goes on along the
	// first and the last of them.
	CalPiecewise CalForm = 0
	// CalPolynomial is a polynomial of x / Span.
	CalPolynomial CalForm = 1
)

// Bounds of a calibration table.
const (
	// calFormat is the layout of a table.
	calFormat = 1
	// MaxCalPoints and MaxCalCoefficients keep a whole table in one frame.
	MaxCalPoints = 16
	// MaxCalCoefficients allows a cubic: a motor or an amplifier that needs
	// more is broken.
	MaxCalCoefficients = 4
	// MaxTechnician and MaxInstrument are the longest texts, in bytes.
	MaxTechnician = 24
	// MaxInstrument is the longest name of a reference instrument, in bytes.
	MaxInstrument = 32
	// MaxCalTable is the longest table in bytes.
	MaxCalTable = 16 + 1 + MaxTechnician + 1 + MaxInstrument + 1 + 8*MaxCalPoints + 1 + 4*MaxCalCoefficients
	// MaxCalCorrection is how far a table may move a value, in per mille of the
	// parameter's maximum: a pen that is further off belongs to its maker, and
	// a table that is, is a mistake.
	MaxCalCorrection = 250
	// calMilli is the unit of coefficients: 1/1000 of the base unit.
	calMilli = 1000
	// calProbes is at how many places between 0 and the maximum a table is
	// held against its rules: finer than any bend of a cubic.
	calProbes = 64
)

// CalPoint is one measured point.
type CalPoint struct {
	Raw  int32 // what was driven, or what the sensor said, in the base unit
	True int32 // what the reference instrument measured
}

// CalTable is a calibration of one quantity: what the pen does to a raw value
// to get the true one. For depth, speed and power that is what it drives, and
// it drives the inverse of what is wanted; for impedance, what it measures.
type CalTable struct {
	Quantity     Quantity
	Form         CalForm
	Revision     uint32 // of this quantity's tables; the next one's is higher
	DateDays     uint16 // days since 1970-01-01
	ValidDays    uint16 // from the date; 0: without a limit
	Span         int32  // polynomial: x is the raw value over this, above 0; else 0
	Technician   string // at most MaxTechnician bytes of printable ASCII
	Instrument   string // at most MaxInstrument bytes, with its serial number
	Points       []CalPoint
	Coefficients []int32 // polynomial: 1/1000 of the base unit, of x to the 0, 1, 2, 3
}

// Identity is the table of a pen that needs no correction.
func Identity(q Quantity, highest int32) CalTable {
	return CalTable{Quantity: q, Revision: 1, Points: []CalPoint{{0, 0}, {highest, highest}}}
}

// Append appends the table's bytes, at most MaxCalTable.
func (t *CalTable) Append(dst []byte) []byte {
	dst = append(dst, calFormat, byte(t.Quantity), byte(t.Form), 0)
	dst = le.AppendUint32(dst, t.Revision)
	dst = le.AppendUint16(dst, t.DateDays)
	dst = le.AppendUint16(dst, t.ValidDays)
	dst = le.AppendUint32(dst, uint32(t.Span))
	dst = appendText(dst, t.Technician, MaxTechnician)
	dst = appendText(dst, t.Instrument, MaxInstrument)
	points := t.Points[:min(len(t.Points), MaxCalPoints)]
	dst = append(dst, byte(len(points)))
	for _, p := range points {
		dst = le.AppendUint32(dst, uint32(p.Raw))
		dst = le.AppendUint32(dst, uint32(p.True))
	}
	coefficients := t.Coefficients[:min(len(t.Coefficients), MaxCalCoefficients)]
	dst = append(dst, byte(len(coefficients)))
	for _, c := range coefficients {
		dst = le.AppendUint32(dst, uint32(c))
	}
	return dst
}

// ParseCalTable reads a whole table; nothing may follow it. Errors: an
// ErrCalibration that names the field. It does not judge what the table says;
// ask Check.
func ParseCalTable(b []byte) (CalTable, error) {
	var t CalTable
	w := wire{typ: TypeCalTable, b: b}
	t.read(&w)
	if w.err == nil && len(w.b) > 0 {
		w.fail("table", "bytes behind its end")
	}
	if w.err != nil {
		return CalTable{}, fmt.Errorf("%w: %w", ErrCalibration, w.err)
	}
	return t, nil
}

func (t *CalTable) read(w *wire) {
	if f := w.u8("format"); w.err == nil && f != calFormat {
		w.fail("format", "is not 1")
	}
	t.Quantity, t.Form = Quantity(w.u8("quantity")), CalForm(w.u8("form"))
	w.u8("reserved")
	t.Revision = w.u32("revision")
	t.DateDays, t.ValidDays = w.u16("date_days"), w.u16("valid_days")
	t.Span = w.i32("span")
	t.Technician = w.text(MaxTechnician, "technician")
	t.Instrument = w.text(MaxInstrument, "instrument")
	for range w.count("point_count") {
		p := CalPoint{Raw: w.i32("point_raw"), True: w.i32("point_true")}
		if w.err != nil {
			return
		}
		t.Points = append(t.Points, p)
	}
	n := w.u8("coefficient_count")
	if w.err == nil && n > MaxCalCoefficients {
		w.fail("coefficient_count", "over 4")
	}
	for range n {
		c := w.i32("coefficient")
		if w.err != nil {
			return
		}
		t.Coefficients = append(t.Coefficients, c)
	}
}

// Digest names a table: the first 8 bytes of the SHA-256 of its bytes.
func (t *CalTable) Digest() [8]byte {
	sum := sha256.Sum256(t.Append(nil))
	return [8]byte(sum[:8])
}

// Check holds the table against the rules of SPEC.md section 18.2 for a
// quantity whose parameter goes up to highest, in its base unit. Errors: an
// ErrCalibration that says which rule is broken and where.
func (t *CalTable) Check(highest int32) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrCalibration}, args...)...)
	}
	switch {
	case t.Quantity >= QuantityCount:
		return refuse("quantity %d", t.Quantity)
	case t.Revision == 0:
		return refuse("revision 0")
	case highest < 1:
		return refuse("a highest value of %d", highest)
	}
	switch t.Form {
	case CalPiecewise:
		if len(t.Points) < 2 {
			return refuse("%d points, at least 2 for lines between them", len(t.Points))
		}
		if len(t.Coefficients) > 0 || t.Span != 0 {
			return refuse("coefficients in a table of lines")
		}
		for i := 1; i < len(t.Points); i++ {
			if t.Points[i].Raw <= t.Points[i-1].Raw || t.Points[i].True <= t.Points[i-1].True {
				return refuse("point %d: not above the one before it", i)
			}
		}
	case CalPolynomial:
		if len(t.Coefficients) < 2 || t.Span < 1 {
			return refuse("%d coefficients with span %d: at least 2, and a span above 0", len(t.Coefficients), t.Span)
		}
	default:
		return refuse("form %d", t.Form)
	}
	last := int64(0)
	for i := range int64(calProbes + 1) {
		raw := int32(int64(highest) * i / calProbes)
		v := t.true64(raw)
		if off := v - int64(raw); off*1000 > int64(highest)*MaxCalCorrection || off*1000 < -int64(highest)*MaxCalCorrection {
			return refuse("%d becomes %d: further off than %d per mille of %d", raw, v, MaxCalCorrection, highest)
		}
		if i > 0 && v < last {
			return refuse("%d becomes %d, less than a smaller value does", raw, v)
		}
		last = v
	}
	return nil
}

// True is the true value of a raw one, in the base unit. The table must have
// passed Check; a result beyond 32 bits is cut to them.
func (t *CalTable) True(raw int32) int32 { return cut32(t.true64(raw)) }

func (t *CalTable) true64(raw int32) int64 {
	if t.Form == CalPolynomial {
		return t.polynomial(raw)
	}
	return interpolate(t.Points, raw, func(p CalPoint) (x, y int64) { return int64(p.Raw), int64(p.True) })
}

// polynomial is Horner's rule in 64 bits, each division cut towards zero, so
// that every pen and console comes to the same integer. Intermediate values are
// held within 2^53, far beyond any table that passes Check.
func (t *CalTable) polynomial(raw int32) int64 {
	const most = int64(1) << 31
	sum := int64(0)
	for i := len(t.Coefficients) - 1; i >= 0; i-- {
		sum = sum*int64(raw)/max(int64(t.Span), 1) + int64(t.Coefficients[i])
		sum = min(max(sum, -most), most)
	}
	return sum / calMilli
}

// Raw is the largest raw value, 0 or more, whose true value is not above v, in
// the base unit: what the pen drives so that no rounding takes it beyond what
// was asked. The table must have passed Check for highest.
func (t *CalTable) Raw(v, highest int32) int32 {
	low, high := int64(0), int64(highest)+int64(highest)*MaxCalCorrection/1000
	if t.true64(0) > int64(v) {
		return 0
	}
	for low < high { // the table does not fall, so halving finds it
		mid := (low + high + 1) / 2
		if t.true64(int32(mid)) <= int64(v) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return int32(low)
}

// interpolate follows straight lines between points and goes on along the
// first and the last. Divisions are cut towards zero.
func interpolate(points []CalPoint, at int32, axes func(CalPoint) (x, y int64)) int64 {
	if len(points) < 2 {
		return int64(at)
	}
	i := 1
	for i < len(points)-1 && int64(at) > first(axes(points[i])) {
		i++
	}
	x0, y0 := axes(points[i-1])
	x1, y1 := axes(points[i])
	if x1 == x0 {
		return y0
	}
	return y0 + (int64(at)-x0)*(y1-y0)/(x1-x0)
}

func first(x, _ int64) int64 { return x }

func cut32(v int64) int32 { return int32(min(max(v, -1<<31), 1<<31-1)) }

// CalPlace is which of a quantity's tables is meant.
type CalPlace uint8

// The places of a calibration table in the pen.
const (
	CalActive   CalPlace = 0
	CalPrevious CalPlace = 1 // what CAL_RESTORE brings back
	CalStaged   CalPlace = 2 // written, not committed
)

// CalRead asks for one table.
type CalRead struct {
	Quantity Quantity
	Place    CalPlace
}

// Type is TypeCalRead.
func (*CalRead) Type() Type { return TypeCalRead }

// AppendPayload appends 2 bytes.
func (m *CalRead) AppendPayload(dst []byte) []byte {
	return append(dst, byte(m.Quantity), byte(m.Place))
}

// DecodePayload reads the fields.
func (m *CalRead) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalRead, b: p}
	m.Quantity, m.Place = Quantity(w.u8("quantity")), CalPlace(w.u8("place"))
	return w.err
}

// CalTableReply answers CAL_READ with the table's bytes, as ParseCalTable
// reads them; none where there is no table.
type CalTableReply struct {
	Quantity Quantity
	Place    CalPlace
	Table    []byte // at most MaxCalTable
}

// Type is TypeCalTable.
func (*CalTableReply) Type() Type { return TypeCalTable }

// AppendPayload appends 3 bytes and the table.
func (m *CalTableReply) AppendPayload(dst []byte) []byte {
	return appendCalBytes(append(dst, byte(m.Quantity), byte(m.Place)), m.Table)
}

// DecodePayload copies the table.
func (m *CalTableReply) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalTable, b: p}
	m.Quantity, m.Place = Quantity(w.u8("quantity")), CalPlace(w.u8("place"))
	m.Table = w.calBytes()
	return w.err
}

// CalWrite stages one table; it has no effect until CAL_COMMIT.
type CalWrite struct {
	Role     Role
	Quantity Quantity
	Table    []byte // at most MaxCalTable
}

// Type is TypeCalWrite.
func (*CalWrite) Type() Type { return TypeCalWrite }

// AppendPayload appends 3 bytes and the table.
func (m *CalWrite) AppendPayload(dst []byte) []byte {
	return appendCalBytes(append(dst, byte(m.Role), byte(m.Quantity)), m.Table)
}

// DecodePayload copies the table.
func (m *CalWrite) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalWrite, b: p}
	m.Role, m.Quantity = Role(w.u8("role")), Quantity(w.u8("quantity"))
	m.Table = w.calBytes()
	return w.err
}

func appendCalBytes(dst, table []byte) []byte {
	table = table[:min(len(table), MaxCalTable)]
	return append(append(dst, byte(len(table))), table...)
}

func (w *wire) calBytes() []byte {
	n := int(w.u8("length"))
	if w.err == nil && n > MaxCalTable {
		w.fail("length", "longer than a table can be")
	}
	return append([]byte(nil), w.take(n, "table")...)
}

// CalWritten answers CAL_WRITE with the digest of what is staged now.
type CalWritten struct {
	Quantity Quantity
	Digest   [8]byte
}

// Type is TypeCalWritten.
func (*CalWritten) Type() Type { return TypeCalWritten }

// AppendPayload appends 9 bytes.
func (m *CalWritten) AppendPayload(dst []byte) []byte {
	return append(append(dst, byte(m.Quantity)), m.Digest[:]...)
}

// DecodePayload reads the fields.
func (m *CalWritten) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalWritten, b: p}
	m.Quantity = Quantity(w.u8("quantity"))
	w.copy(m.Digest[:], "digest")
	return w.err
}

// CalCommit makes the staged table of that digest the active one; the active
// one becomes the previous one.
type CalCommit struct {
	CommandID uint64
	Role      Role
	Quantity  Quantity
	Digest    [8]byte
}

// Type is TypeCalCommit.
func (*CalCommit) Type() Type { return TypeCalCommit }

// ID is the command id.
func (m *CalCommit) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *CalCommit) Writer() Role { return m.Role }

// AppendPayload appends 18 bytes.
func (m *CalCommit) AppendPayload(dst []byte) []byte {
	return append(append(appendOnce(dst, m.CommandID, m.Role), byte(m.Quantity)), m.Digest[:]...)
}

// DecodePayload reads the fields.
func (m *CalCommit) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalCommit, b: p}
	m.CommandID, m.Role = w.once()
	m.Quantity = Quantity(w.u8("quantity"))
	w.copy(m.Digest[:], "digest")
	return w.err
}

// CalRestore exchanges the active table and the previous one.
type CalRestore struct {
	CommandID uint64
	Role      Role
	Quantity  Quantity
}

// Type is TypeCalRestore.
func (*CalRestore) Type() Type { return TypeCalRestore }

// ID is the command id.
func (m *CalRestore) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *CalRestore) Writer() Role { return m.Role }

// AppendPayload appends 10 bytes.
func (m *CalRestore) AppendPayload(dst []byte) []byte {
	return append(appendOnce(dst, m.CommandID, m.Role), byte(m.Quantity))
}

// DecodePayload reads the fields.
func (m *CalRestore) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalRestore, b: p}
	m.CommandID, m.Role = w.once()
	m.Quantity = Quantity(w.u8("quantity"))
	return w.err
}
