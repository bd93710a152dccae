package protocol

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
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
	// MaxTechnician is the longest name of a technician, in bytes.
	MaxTechnician = 24
	// MaxInstrument is the longest name of a reference instrument, in bytes.
	MaxInstrument = 32
	// MaxCalTable is the longest table in bytes.
	MaxCalTable = 16 + 1 + MaxTechnician + 1 + MaxInstrument + 1 + 8*MaxCalPoints + 1 + 4*MaxCalCoefficients
	// MaxCalCorrection is how far a table may move a value, in per mille of the
	// parameter's maximum: a pen that is further off belongs to its maker, and
	// a table that is, is a mistake.
	MaxCalCorrection = 250
	// MaxCalZero and MaxCalZeroDepth bound that near 0, in per mille of the
	// parameter's maximum: they and MaxCalCorrection of the raw value itself. A
	// quarter of the maximum is many times a small setting, and dose and depth
	// bound stand on the table. Only depth has a zero that is mechanical.
	MaxCalZero      = 10
	MaxCalZeroDepth = 60
	// MaxCalPoint is how far from 0 a point of a table of lines may lie, in the
	// base unit: sixteen times what STATUS can carry, and so low that no product
	// of two distances leaves 64 bits.
	MaxCalPoint = 16 * (MaxReading + 1)
	// calMilli is the unit of coefficients: 1/1000 of the base unit.
	calMilli = 1000
	// calMost is what the polynomial's running sum is held within, in 1/1000 of
	// the base unit: 32 times what STATUS can carry, and so low that its product
	// with a raw value stays within 64 bits.
	calMost = int64(1) << 31
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

// Identity is the table of a pen that needs no correction; highest as in Check.
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
// ask Check. What it reads, Append writes again byte for byte: a table is known
// by the digest of its bytes, so no byte of it is ignored.
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
	if w.u8("reserved") != 0 {
		w.fail("reserved", "is not 0")
	}
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

// CalReach is the highest raw value that a table is asked about, in the base
// unit: a pen that gives the most that a table may take away still reaches
// highest.
func CalReach(highest int32) int32 {
	return int32(int64(highest) + int64(highest)*MaxCalCorrection/1000)
}

// Check holds the table against the rules of SPEC.md section 19.2. highest is
// what the quantity's parameter goes up to, or the impedance sensor's window,
// in the base unit, 1 to MaxReading. Errors: an ErrCalibration that says which
// rule is broken and where.
func (t *CalTable) Check(highest int32) error {
	switch {
	case t.Quantity >= QuantityCount:
		return refuseTable("quantity %d", t.Quantity)
	case t.Revision == 0:
		return refuseTable("revision 0")
	case highest < 1 || highest > MaxReading:
		return refuseTable("a highest value of %d, 1 to %d allowed", highest, MaxReading)
	}
	if again, err := ParseCalTable(t.Append(nil)); err != nil {
		return err
	} else if again.Technician != t.Technician || again.Instrument != t.Instrument ||
		len(again.Points) != len(t.Points) || len(again.Coefficients) != len(t.Coefficients) {
		return refuseTable("longer than a table can be")
	}
	if err := t.checkForm(); err != nil {
		return err
	}
	return t.checkCurve(int64(highest))
}

func refuseTable(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCalibration}, args...)...)
}

// checkForm holds points and coefficients to their form, so that the arithmetic
// below can't divide by 0 or leave 64 bits.
func (t *CalTable) checkForm() error {
	switch t.Form {
	case CalPiecewise:
		if len(t.Points) < 2 {
			return refuseTable("%d points, at least 2 for lines between them", len(t.Points))
		}
		if len(t.Coefficients) > 0 || t.Span != 0 {
			return refuseTable("coefficients in a table of lines")
		}
		for i, p := range t.Points {
			if max(p.Raw, p.True) > MaxCalPoint || min(p.Raw, p.True) < -MaxCalPoint {
				return refuseTable("point %d: further than %d from 0", i, MaxCalPoint)
			}
			if i > 0 && (p.Raw <= t.Points[i-1].Raw || p.True <= t.Points[i-1].True) {
				return refuseTable("point %d: not above the one before it", i)
			}
		}
	case CalPolynomial:
		if len(t.Coefficients) < 2 || t.Span < 1 {
			return refuseTable("%d coefficients with span %d: at least 2, and a span above 0", len(t.Coefficients), t.Span)
		}
	default:
		return refuseTable("form %d", t.Form)
	}
	return nil
}

// checkCurve asks the table about every raw value that a pen can come to.
func (t *CalTable) checkCurve(highest int64) error {
	last := int64(math.MinInt64)
	for raw := range int64(CalReach(int32(highest))) + 1 {
		v := t.curve(raw)
		if off := v - raw; off*1000 > highest*MaxCalCorrection || off*1000 < -highest*MaxCalCorrection {
			return refuseTable("%d becomes %d: further off than %d per mille of %d", raw, v, MaxCalCorrection, highest)
		}
		if off, most := v-raw, raw*MaxCalCorrection+highest*t.zero(); off*1000 > most || off*1000 < -most {
			return refuseTable("%d becomes %d: further off than %d per mille of it and %d of %d", raw, v, MaxCalCorrection, t.zero(), highest)
		}
		if v < last {
			return refuseTable("%d becomes %d, less than %d does", raw, v, raw-1)
		}
		last = v
	}
	return nil
}

// zero is how far the table may move 0, in per mille of the highest value.
func (t *CalTable) zero() int64 {
	if t.Quantity == QuantityDepth {
		return MaxCalZeroDepth
	}
	return MaxCalZero
}

// True is the true value of a raw one, in the base unit. Outside 0 to CalReach
// the distance between the two stays what it is there, whatever the curve
// does. The table must have passed Check for highest.
func (t *CalTable) True(raw, highest int32) int32 {
	at := min(max(int64(raw), 0), int64(CalReach(highest)))
	return int32(min(max(t.curve(at)+int64(raw)-at, math.MinInt32), math.MaxInt32))
}

// Raw is the largest raw value, 0 to CalReach, whose true value is not above v,
// in the base unit: what the pen drives so that no rounding takes it beyond
// what was asked. It is 0 where v is 0 or less, or where the true value of 0 is
// above v. The table must have passed Check for highest.
func (t *CalTable) Raw(v, highest int32) int32 {
	if v <= 0 {
		return 0
	}
	low, high := int64(0), int64(CalReach(highest))
	for low < high { // the curve does not fall, so halving finds it
		mid := (low + high + 1) / 2
		if t.curve(mid) <= int64(v) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return int32(low)
}

// curve is the true value of a raw one between 0 and CalReach.
func (t *CalTable) curve(raw int64) int64 {
	if t.Form == CalPolynomial {
		return t.polynomial(raw)
	}
	return t.lines(raw)
}

// polynomial is Horner's rule in 64 bits, each division cut towards zero, so
// that every pen and console comes to the same integer.
func (t *CalTable) polynomial(raw int64) int64 {
	sum := int64(0)
	for i := len(t.Coefficients) - 1; i >= 0; i-- {
		sum = sum*raw/max(int64(t.Span), 1) + int64(t.Coefficients[i])
		sum = min(max(sum, -calMost), calMost)
	}
	return sum / calMilli
}

// lines joins the points by straight lines and goes on along the first and the
// last. Divisions are cut towards zero.
func (t *CalTable) lines(raw int64) int64 {
	if len(t.Points) < 2 {
		return raw
	}
	i := 1
	for i < len(t.Points)-1 && raw > int64(t.Points[i].Raw) {
		i++
	}
	x0, y0 := int64(t.Points[i-1].Raw), int64(t.Points[i-1].True)
	x1, y1 := int64(t.Points[i].Raw), int64(t.Points[i].True)
	return y0 + (raw-x0)*(y1-y0)/max(x1-x0, 1)
}
