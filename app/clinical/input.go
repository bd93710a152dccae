package clinical

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxInputLength bounds what is looked at as a typed value; the longest
// sensible one ("2 147 483 647 /min") is far shorter.
const maxInputLength = 40

// thousandsGroup is how many digits a thousands separator stands before.
const thousandsGroup = 3

// InputFault says what is wrong with a typed value.
type InputFault uint8

// The faults of a typed value.
const (
	InputEmpty     InputFault = iota // nothing typed
	InputNotNumber                   // not a number at all
	InputThousands                   // has, or may have, a thousands separator
	InputNegative                    // has a sign
	InputTooFine                     // more decimals than the base unit holds
	InputTooLarge                    // does not fit any pen
	InputUnit                        // a unit that the parameter does not have
)

// InputError says why a typed value was refused. The text that was typed is
// kept, so that the person can mend it.
type InputError struct {
	Parameter Parameter
	Fault     InputFault
	Text      string // as typed
	Detail    string // the offending part: the unit, the separator; may be empty
}

// Error is the refusal with its reason.
func (e *InputError) Error() string {
	name := lowerFirst(e.Parameter.Name())
	switch e.Fault {
	case InputEmpty:
		return name + ": nothing was typed"
	case InputThousands:
		return fmt.Sprintf("%s %q: %q may be a thousands separator, type the number without it", name, e.Text, e.Detail)
	case InputNegative:
		return fmt.Sprintf("%s %q: type it without a sign", name, e.Text)
	case InputTooFine:
		return fmt.Sprintf("%s %q: is finer than 1 %s", name, e.Text, e.Parameter.Unit())
	case InputTooLarge:
		return fmt.Sprintf("%s %q: is larger than any pen can hold", name, e.Text)
	case InputUnit:
		return fmt.Sprintf("%s %q: unit %q is not one of %s", name, e.Text, e.Detail, strings.Join(unitNames(e.Parameter), ", "))
	}
	return fmt.Sprintf("%s %q: is not a number", name, e.Text)
}

// unit is one way of writing a parameter's unit; shift is how many decimal
// places it has above the base unit.
type unit struct {
	text  string
	shift int
}

// units lists what may stand after a number. The first one is meant where none
// is typed.
func units(p Parameter) []unit {
	switch p {
	case Depth:
		return []unit{{"mm", 3}, {"µm", 0}, {"μm", 0}, {"um", 0}}
	case Speed:
		return []unit{{"/min", 0}, {"1/min", 0}, {"rpm", 0}}
	case Power:
		return []unit{{"W", 3}, {"mW", 0}}
	case Duration:
		return []unit{{"ms", 0}, {"s", 3}}
	}
	return nil
}

func unitNames(p Parameter) []string {
	var names []string
	for _, u := range units(p) {
		names = append(names, u.text)
	}
	return names
}

// ParseInput reads what a person typed, in the shown unit or with a unit of
// its own ("1.5", "1,5 mm", "1500 µm"), into the base unit. A decimal comma
// and a decimal point are both accepted. Whatever may be a thousands separator
// is refused: "6.000" strokes could mean six. Bounds and step are not looked
// at; that is Limits.Check and Limits.Snap. The error is an *InputError.
func ParseInput(p Parameter, text string) (int32, error) {
	fail := func(f InputFault, detail string) (int32, error) {
		return 0, &InputError{Parameter: p, Fault: f, Text: printable(text), Detail: printable(detail)}
	}
	number, unitText := splitUnit(p, strings.TrimSpace(clip(text)))
	if len(text) > maxInputLength {
		return fail(InputNotNumber, "")
	}
	if number == "" && unitText == "" {
		return fail(InputEmpty, "")
	}
	u, ok := findUnit(p, unitText)
	if !ok {
		if number == "" {
			return fail(InputNotNumber, "")
		}
		return fail(InputUnit, unitText)
	}
	if strings.ContainsAny(number, "-+\u2212") {
		return fail(InputNegative, "")
	}
	if sep, found := thousandsSeparator(number, u.shift); found {
		return fail(InputThousands, sep)
	}
	value, fault, ok := parseFixed(number, u.shift)
	if !ok {
		return fail(fault, "")
	}
	return value, nil
}

// clip bounds the work on a pasted text.
func clip(text string) string {
	if len(text) <= maxInputLength {
		return text
	}
	return text[:maxInputLength]
}

// splitUnit cuts the typed text into the number and the unit behind it. The
// number keeps its inner separators.
func splitUnit(p Parameter, text string) (number, unitText string) {
	for _, u := range units(p) {
		// "1/min" would leave "6000 1" of "6000 1/min" to look like a group.
		if strings.HasPrefix(u.text, "1") && strings.HasSuffix(text, " "+u.text) {
			return strings.TrimSpace(strings.TrimSuffix(text, u.text)), u.text
		}
	}
	end := strings.LastIndexFunc(text, isASCIIDigit) + 1
	if end > 0 && end < len(text) && (text[end] == '.' || text[end] == ',') {
		end++ // "12." is a number that is still being typed
	}
	return strings.TrimSpace(text[:end]), strings.TrimSpace(text[end:])
}

func findUnit(p Parameter, text string) (unit, bool) {
	all := units(p)
	if text == "" && len(all) > 0 {
		return all[0], true
	}
	for _, u := range all {
		if u.text == text {
			return u, true
		}
	}
	return unit{}, false
}

// thousandsSeparator finds a sign that groups digits, or may. In a unit that
// can't have decimals, a point or comma before exactly three digits could mean
// a thousand; in a unit that can, only a second one does.
func thousandsSeparator(number string, shift int) (string, bool) {
	for _, r := range number {
		if unicode.IsSpace(r) || strings.ContainsRune("'’_", r) {
			return string(r), true
		}
	}
	first := strings.IndexAny(number, ".,")
	if first < 0 {
		return "", false
	}
	if strings.ContainsAny(number[first+1:], ".,") {
		return number[first : first+1], true
	}
	if shift == 0 && len(number)-first-1 == thousandsGroup {
		return number[first : first+1], true
	}
	return "", false
}

// parseFixed reads digits with at most one decimal sign as a whole number of
// 10^-shift.
func parseFixed(number string, shift int) (value int32, fault InputFault, ok bool) {
	whole, decimals := number, ""
	if i := strings.IndexAny(number, ".,"); i >= 0 {
		whole, decimals = number[:i], number[i+1:]
	}
	if whole+decimals == "" || strings.ContainsFunc(whole+decimals, func(r rune) bool { return !isASCIIDigit(r) }) {
		return 0, InputNotNumber, false
	}
	decimals = strings.TrimRight(decimals, "0")
	if len(decimals) > shift {
		return 0, InputTooFine, false
	}
	decimals += strings.Repeat("0", shift-len(decimals))
	var v int64
	for _, r := range whole + decimals {
		v = v*10 + int64(r-'0')
		if v > math.MaxInt32 {
			return 0, InputTooLarge, false
		}
	}
	return int32(v), 0, true
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }

// printable replaces what can't be shown in a sentence: control characters and
// bytes that are not UTF-8 could disguise the text around them.
func printable(text string) string {
	text = clip(text)
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
