package words

import (
	"errors"
	"strconv"
	"strings"

	"stipple/app/clinical"
)

// Sentence is an error as a person reads it.
type Sentence struct {
	What string // what happened
	Kept string // what was kept, or nothing was lost; may be empty
	Do   string // what to do next; may be empty
}

// Text is the whole in one line.
func (s Sentence) Text() string {
	parts := make([]string, 0, 3)
	for _, p := range []string{s.What, s.Kept, s.Do} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// Hint is what was kept and what to do.
func (s Sentence) Hint() string { return Sentence{Kept: s.Kept, Do: s.Do}.Text() }

// coder is an error that stands for one decision, by a stable word. Package
// store's and package device's errors have it, so that neither is imported.
type coder interface{ Code() string }

// argued is a coded error with what its sentence names, in order.
type argued interface{ Args() []any }

// fielder is an error about the fields of a form: each field with the word of
// what is wrong with it.
type fielder interface{ FieldProblems() map[string]string }

// Error words an error; nil is the empty sentence. An error that is not known
// here keeps its own text, marked as such.
func (w *Words) Error(err error) Sentence {
	if err == nil {
		return Sentence{}
	}
	var untreatable *clinical.NotTreatableError
	if errors.As(err, &untreatable) {
		return Sentence{
			What: w.T("error.not_treatable", untreatable.Rules[0].Text, untreatable.Rules[1].Text),
			Do:   w.T("error.not_treatable.do"),
		}
	}
	var query *clinical.QueryError
	if errors.As(err, &query) {
		return Sentence{What: w.T("error.query", query.Field, query.Problem), Do: w.T("error.query.do")}
	}
	var input *clinical.InputError
	if errors.As(err, &input) {
		return Sentence{What: w.input(input)}
	}
	var coded coder
	if errors.As(err, &coded) {
		if s, ok := w.byCode(coded.Code(), err); ok {
			return s
		}
	}
	return Sentence{What: w.T("error.unknown", printable(err.Error())), Do: w.T("error.unknown.do")}
}

// byCode looks a code up: "error.<code>" says what happened, ".kept" and ".do"
// the rest. The error's arguments fill the verbs of what happened, as far as
// it has any.
func (w *Words) byCode(code string, err error) (Sentence, bool) {
	key := "error." + code
	if !w.Has(key) {
		return Sentence{}, false
	}
	var args []any
	var with argued
	if errors.As(err, &with) {
		args = with.Args()
	}
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = printable(text)
		}
	}
	s := Sentence{What: w.T(key), Kept: w.Or(key+".kept", ""), Do: w.Or(key+".do", "")}
	if verbs := strings.Count(s.What, "%"); verbs > 0 {
		if verbs > len(args) {
			return Sentence{}, false
		}
		s.What = w.T(key, args[:verbs]...)
	}
	return s, true
}

// input words a typed value that is no number of its parameter.
func (w *Words) input(e *clinical.InputError) string {
	switch e.Fault {
	case clinical.InputEmpty:
		return w.T("error.input.empty")
	case clinical.InputThousands:
		return w.T("error.input.thousands", e.Detail)
	case clinical.InputNegative:
		return w.T("error.input.negative")
	case clinical.InputTooFine:
		return w.T("error.input.too_fine", e.Parameter.Unit())
	case clinical.InputTooLarge:
		return w.T("error.input.too_large")
	case clinical.InputUnit:
		return w.T("error.input.unit", e.Detail)
	}
	return w.T("error.input.no_number", printable(e.Text))
}

// Alarm words an alarm of a record: by the name that the pen has for it, then
// by the number of the event. One that is not known keeps its own text.
func (w *Words) Alarm(a clinical.Alarm) string {
	for _, key := range []string{"alarm." + a.Text, "fault." + a.Text, "event." + a.Text, "error." + a.Text, "event." + strconv.Itoa(int(a.Code))} {
		// A text with a place for something else is not this alarm's.
		if text, ok := w.table[key]; ok && !strings.Contains(text, "%") {
			return text
		}
	}
	return printable(a.Text)
}

// Fields words what is wrong with each field of a form, by the field's name in
// package clinical. It is nil where the error is not about fields.
func (w *Words) Fields(err error) map[string]string {
	var f fielder
	if !errors.As(err, &f) {
		return nil
	}
	problems := f.FieldProblems()
	out := make(map[string]string, len(problems))
	for field, problem := range problems {
		out[field] = w.Or("field."+problem, w.T("field.other", problem))
	}
	return out
}

// Foreign is a text that is not ours, such as a file's name, safe to show.
func Foreign(s string) string { return printable(s) }

// longestForeign bounds a text that is not ours, such as an operating
// system's, in runes: two lines of a note.
const longestForeign = 240

// printable makes a text from outside safe to show: control characters as
// such, and no longer than a note can hold.
func printable(s string) string {
	runes := []rune(s)
	if len(runes) > longestForeign {
		runes = append(runes[:longestForeign], '…')
	}
	for i, r := range runes {
		if r < ' ' || r == 0x7F {
			runes[i] = '\uFFFD'
		}
	}
	return string(runes)
}
