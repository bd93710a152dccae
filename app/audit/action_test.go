package audit

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Stored words stay what they are: one that is missing here is unreadable in
// every store that has it.
func TestActionWords(t *testing.T) {
	const want = "patient.save patient.erase patient.again preset.save preset.delete screening.save treatment.begin treatment.end treatment.sign settings.apply " +
		"pen.arm pen.disarm pen.stop pen.clear operator.add operator.change operator.remove passphrase.change " +
		"sign_in sign_in.failed sign_out lock unlock hand_over backup.make backup.restore backup.drill backup.folder export export.sweep import " +
		"rekey store.migrate policy.change library.approve"
	var words []string
	for _, r := range Actions() {
		if slices.Contains(words, string(r.Action)) {
			t.Errorf("%s stands twice", r.Action)
		}
		words = append(words, string(r.Action))
		if !r.Action.Known() || r.Action.Area() != r.Area || r.Area == "" {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(words, " "); got != want {
		t.Errorf("actions\n%s, want\n%s", got, want)
	}
	if Action("").Known() || Action("pen").Known() || Action("x").Area() != "" {
		t.Error("an action that is not in the table is known")
	}
	var kinds []string
	for _, k := range SubjectKinds() {
		kinds = append(kinds, string(k))
	}
	if got := strings.Join(kinds, " "); got != "patient preset screening treatment operator pen setting policy library store backup file" {
		t.Errorf("subjects %s", got)
	}
	var quantities []string
	for _, q := range Quantities() {
		quantities = append(quantities, string(q))
	}
	if got := strings.Join(quantities, " "); got != "depth_um speed_spm power_mw pulse_ms energy_uj impedance_ohm temperature_cdeg charge_percent duration_us storage_bytes count time_ms flag" {
		t.Errorf("quantities %s", got)
	}
}

func TestValueText(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 5_900_000, time.FixedZone("", 3600))
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Value{}, ""},
		{Text(""), ""},
		{Text("cheek_left"), "cheek_left"},
		{Amount(Depth, 1500), "1500 µm"},
		{Amount(Depth, 0), "0 µm"},
		{Amount(Temperature, -150), "-150 0.01 °C"},
		{Amount(Count, 7), "7"},
		{YesNo(true), "yes"},
		{YesNo(false), "no"},
		{When(at), "2026-03-01T09:00:00.005Z"},
	} {
		if got := c.v.String(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.v, got, c.want)
		}
		if c.v.None() != (c.want == "") {
			t.Errorf("%+v: none is %v", c.v, c.v.None())
		}
	}
	if Quantity("miles").Unit() != "" || Speed.Unit() != "/min" {
		t.Error("units")
	}
}

// Each error states a decision with a word of its own.
func TestCodes(t *testing.T) {
	seen := make(map[string]bool)
	for _, err := range []error{ErrTooLarge, ErrForm, ErrNewer, ErrKey, ErrHead, ErrStored, ErrFull, &InvalidError{"audit entry", []FieldError{{"Why", TooLong}}}} {
		wantCode(t, err)
		coded, ok := err.(interface{ Code() string })
		if !ok || seen[coded.Code()] || err.Error() == "" || strings.ToLower(err.Error()[:1]) != err.Error()[:1] {
			t.Errorf("%v", err)
			continue
		}
		seen[coded.Code()] = true
	}
	two := &InvalidError{"audit entry", []FieldError{{"Why", TooLong}, {"At", Missing}}}
	if two.Error() != "audit entry refused: Why too long, At missing" {
		t.Error(two)
	}
}
