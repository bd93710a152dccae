package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// tableShape is a calibration table in a file. Raw and true values are in the
// quantity's base unit, coefficients in a thousandth of it, of the raw value over
// span.
type tableShape struct {
	Quantity     string       `json:"quantity"`
	Unit         string       `json:"unit"`     // of the quantity; may be left out, and is then not checked
	Form         string       `json:"form"`     // "lines", "polynomial"
	Revision     uint32       `json:"revision"` // above that of every table before it
	Date         string       `json:"date"`     // "2031-05-06"
	ValidDays    uint16       `json:"valid_days"`
	Technician   string       `json:"technician"`
	Instrument   string       `json:"instrument"`
	Points       []pointShape `json:"points"`
	Span         int32        `json:"span,omitempty"`
	Coefficients []int32      `json:"coefficients_milli,omitempty"`
}

// pointShape is one measured point.
type pointShape struct {
	Raw  int32 `json:"raw"`
	True int32 `json:"true"`
}

// calResultShape is a table that a pen has.
type calResultShape struct {
	Type     string      `json:"type"` // "calibration"
	Serial   string      `json:"serial"`
	Quantity string      `json:"quantity"`
	Place    string      `json:"place"`
	Digest   *string     `json:"digest"` // 16 hex digits
	Table    *tableShape `json:"table"`  // null: there is none
}

// calForms are the words of a form, by the form.
func calForms() []string { return []string{"lines", "polynomial"} }

// dayOf is a day as a table counts it, and dayText the same for people.
func dayOf(text string) (uint16, bool) {
	day, err := time.Parse(time.DateOnly, text)
	days := day.Unix() / (24 * 60 * 60)
	return uint16(days), err == nil && days >= 0 && days < 1<<16
}

func dayText(days uint16) string {
	return time.Unix(int64(days)*24*60*60, 0).UTC().Format(time.DateOnly)
}

func shapeTable(t protocol.CalTable) *tableShape {
	s := &tableShape{
		Quantity: t.Quantity.String(), Unit: baseUnit(t.Quantity), Form: calForms()[min(int(t.Form), 1)], Revision: t.Revision,
		Date: dayText(t.DateDays), ValidDays: t.ValidDays, Technician: t.Technician, Instrument: t.Instrument,
		Points: []pointShape{}, Span: t.Span, Coefficients: t.Coefficients,
	}
	for _, p := range t.Points {
		s.Points = append(s.Points, pointShape{p.Raw, p.True})
	}
	return s
}

// parseTable reads a table from a file's text. It does not judge what the table
// says; the session does, before anything is sent.
func parseTable(raw []byte) (t protocol.CalTable, err error) {
	var s tableShape
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return t, tableError("", "not a calibration table: %v", err)
	}
	if dec.More() {
		return t, tableError("", "something stands behind the table")
	}
	var ok bool
	if t.Quantity, ok = protocol.QuantityNamed(s.Quantity); !ok {
		return t, tableError("quantity", "%q: want depth, speed, power or impedance", s.Quantity)
	}
	if unit := baseUnit(t.Quantity); s.Unit != "" && s.Unit != unit {
		return t, tableError("unit", "%q: %s is in %s", s.Unit, s.Quantity, unit)
	}
	switch s.Form {
	case calForms()[protocol.CalPiecewise]:
		t.Form = protocol.CalPiecewise
	case calForms()[protocol.CalPolynomial]:
		t.Form = protocol.CalPolynomial
	default:
		return t, tableError("form", "%q: want %s", s.Form, strings.Join(calForms(), " or "))
	}
	if t.DateDays, ok = dayOf(s.Date); !ok {
		return t, tableError("date", "%q: want a day such as 2031-05-06", s.Date)
	}
	switch {
	case len(s.Points) > protocol.MaxCalPoints:
		return t, tableError("points", "%d, at most %d", len(s.Points), protocol.MaxCalPoints)
	case len(s.Coefficients) > protocol.MaxCalCoefficients:
		return t, tableError("coefficients_milli", "%d, at most %d", len(s.Coefficients), protocol.MaxCalCoefficients)
	case len(s.Technician) > protocol.MaxTechnician:
		return t, tableError("technician", "%d bytes, at most %d", len(s.Technician), protocol.MaxTechnician)
	case len(s.Instrument) > protocol.MaxInstrument:
		return t, tableError("instrument", "%d bytes, at most %d", len(s.Instrument), protocol.MaxInstrument)
	}
	t.Revision, t.ValidDays, t.Span, t.Technician, t.Instrument = s.Revision, s.ValidDays, s.Span, s.Technician, s.Instrument
	t.Coefficients = s.Coefficients
	for _, p := range s.Points {
		t.Points = append(t.Points, protocol.CalPoint{Raw: p.Raw, True: p.True})
	}
	return t, nil
}

func tableError(field, format string, args ...any) *failure {
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = field + " " + text
	}
	return &failure{exit: exitRefused, field: field, text: text}
}

// tableText is a table as a file, for people to edit.
func tableText(t protocol.CalTable) []byte {
	// A table of numbers and printable texts can't fail to encode.
	text, _ := json.MarshalIndent(shapeTable(t), "", "  ")
	return append(text, '\n')
}

func calResult(s *device.Session, q protocol.Quantity, place protocol.CalPlace, t *protocol.CalTable) calResultShape {
	shape := calResultShape{Type: "calibration", Serial: s.Info().Serial, Quantity: q.String(), Place: calPlaces()[place]}
	if t != nil {
		digest := fmt.Sprintf("%x", t.Digest())
		shape.Digest, shape.Table = &digest, shapeTable(*t)
	}
	return shape
}

func (c console) printCal(s calResultShape) error {
	if c.json {
		return c.print(s)
	}
	t := s.Table
	if t == nil {
		return c.line("%s, %s: none", s.Quantity, s.Place)
	}
	valid := "without a limit"
	if t.ValidDays > 0 {
		valid = fmt.Sprintf("for %d days", t.ValidDays)
	}
	mark := units(t.Unit).mark
	text := fmt.Sprintf("%s, %s: revision %d of %s, valid %s, by %s with %s, digest %s", s.Quantity, s.Place, t.Revision, t.Date, valid, t.Technician, t.Instrument, *s.Digest)
	for _, p := range t.Points {
		text += fmt.Sprintf("\n  %8d %s is %8d %s", p.Raw, mark, p.True, mark)
	}
	if len(t.Coefficients) > 0 {
		text += fmt.Sprintf("\n  coefficients %v / 1000 of raw / %d", t.Coefficients, t.Span)
	}
	return c.line("%s", text)
}
