package store

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stipple/app/clinical"
)

// fill sets every field of a noun to something that is not its zero value, so
// that a field that the stored form forgets shows.
func fill(t testing.TB, v reflect.Value, n *int64) {
	t.Helper()
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(1_700_000_000+*n, 987_654_321).UTC()
		return
	case *clinical.Date:
		*x = clinical.Date{Year: 1900 + int(*n), Month: time.March, Day: 7}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, k, n)
		fill(t, e, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.String:
		v.SetString(string(rune('a'+*n%26)) + "ü")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(*n)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n) % 250)
	default:
		t.Fatalf("a field of kind %s: teach fill and the stored forms", v.Kind())
	}
}

func filled[T any](t testing.TB) T {
	t.Helper()
	var v T
	n := int64(40)
	fill(t, reflect.ValueOf(&v).Elem(), &n)
	return v
}

// Whatever a noun has comes back from the file: add a field to a noun and this
// fails until the stored form has it too, which is a new schema version.
func TestEveryFieldComesBack(t *testing.T) {
	roundTrip := func(name string, want, got any, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	patient := filled[clinical.Patient](t)
	gotPatient, err := unpackPatient(patient.ID, uint32(patient.Revision), asJSON(t, packPatient(patient)))
	roundTrip("patient", patient, gotPatient, err)

	preset := filled[clinical.Preset](t)
	gotPreset, deleted, err := unpackPreset(preset.Patient, preset.ID, uint32(preset.Revision), asJSON(t, packPreset(preset)))
	roundTrip("preset", preset, gotPreset, err)
	if deleted {
		t.Error("a saved preset reads as deleted")
	}

	treatment := filled[clinical.Treatment](t)
	gotTreatment, _, err := unpackTreatment(treatment.ID, uint32(treatment.Revision), asJSON(t, packTreatment(treatment)))
	gotTreatment.Pulses, gotTreatment.Alarms, gotTreatment.HandOvers = treatment.Pulses, treatment.Alarms, treatment.HandOvers
	roundTrip("treatment", treatment, gotTreatment, err)

	alarm := filled[clinical.Alarm](t)
	gotAlarm, err := unpackAlarm(asJSON(t, packAlarm(alarm)))
	roundTrip("alarm", alarm, gotAlarm, err)

	safety := filled[clinical.SafetyRecord](t)
	gotSafety, err := unpackSafety(safety.Pseudonym, uint32(safety.Number), asJSON(t, packSafety(safety)))
	roundTrip("safety record", safety, gotSafety, err)

	hand := filled[clinical.HandOver](t)
	gotHand, err := unpackHandOver(asJSON(t, packHandOver(hand)))
	roundTrip("hand-over", hand, gotHand, err)

	screening := filled[clinical.Screening](t)
	screening.Replaces = screening.Revision - 1
	gotScreening, err := unpackScreening(screening.Patient, screening.ID, uint32(screening.Revision), asJSON(t, packScreening(screening)))
	roundTrip("screening", screening, gotScreening, err)

	operator := filled[clinical.Operator](t)
	stored, err := decodeJSON[storedOperator](asJSON(t, packOperator(operator)))
	roundTrip("operator", operator, unpackOperator(operator.ID, stored), err)

	pulse := filled[clinical.Pulse](t)
	gotPulse, err := unpackPulse(pulse.Boot, pulse.Index, packPulse(storedPulse{arrival: 77, pulse: pulse}))
	roundTrip("pulse", pulse, gotPulse.pulse, err)
	if gotPulse.arrival != 77 {
		t.Errorf("arrival %d", gotPulse.arrival)
	}
	zero := clinical.Pulse{}
	gotPulse, err = unpackPulse(0, 0, packPulse(storedPulse{}))
	roundTrip("zero pulse", zero, gotPulse.pulse, err)
}

func TestUnknownFieldIsDamage(t *testing.T) {
	for _, plain := range []string{`{"name":"x","role":"clinician","more":1}`, `{"name":"x"} {}`, `{"name":`, ``, `[]`} {
		if _, err := decodeJSON[storedOperator]([]byte(plain)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", plain, err)
		}
	}
}

// Any bytes either are a pulse and pack to a row that reads the same, or are damage.
func FuzzUnpackPulse(f *testing.F) {
	f.Add(packPulse(storedPulse{}))
	f.Add(packPulse(storedPulse{arrival: 1 << 40, pulse: pulsesOf(1, 2, 1)[0]}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, row []byte) {
		v, err := unpackPulse(3, 4, row)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		again, err := unpackPulse(3, 4, packPulse(v))
		if err != nil || !again.pulse.At.Equal(v.pulse.At) || again.arrival != v.arrival || reported(again.pulse) != reported(v.pulse) {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// Ids ascend whatever the clock does, are well formed and never repeat.
func TestIDsAscend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := newClock()
		source := &idSource{now: clock.now, rand: &counter{n: rapid.Uint64().Draw(t, "seed")}}
		source.ms, source.hi, source.lo = uint64(clock.now().UnixMilli()), 0xffff, rapid.Uint64Min(1<<63).Draw(t, "near the end")
		last := encodeID(source.ms, source.hi, source.lo)
		for _, step := range rapid.SliceOfN(rapid.Int64Range(-5, 5), 1, 50).Draw(t, "steps") {
			clock.add(time.Duration(step) * time.Millisecond)
			id, err := source.next()
			if err != nil || !validID(id) || id <= last {
				t.Fatalf("%s after %s, %v", id, last, err)
			}
			last = id
		}
	})
}

func TestIDForm(t *testing.T) {
	cases := map[clinical.ID]bool{
		"": false, "01jd": false, "01jd0000000000000000000000": true, "81jd0000000000000000000000": false,
		"01JD0000000000000000000000": false, "01jd000000000000000000000i": false, "01jd00000000000000000000é": false,
	}
	for id, want := range cases {
		if validID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
	if got := encodeID(1<<48-1, 1<<16-1, 1<<64-1); got != "7zzzzzzzzzzzzzzzzzzzzzzzzz" {
		t.Error(got)
	}
	if got := encodeID(1, 0, 1); got != "00000000010000000000000001" {
		t.Error(got)
	}
}

// Without randomness there is no id, and nothing is saved under none.
func TestNoRandomness(t *testing.T) {
	s, _ := newStore(t)
	s.ids.rand = bytes.NewReader(nil)
	if id := s.NewID(); id != "" {
		t.Errorf("id %q", id)
	}
	if _, err := s.SavePatient(t.Context(), ana()); err == nil {
		t.Error("a patient was saved without an id")
	}
	if _, total, _ := s.SearchPatients(t.Context(), "", 1); total != 0 {
		t.Errorf("%d patients", total)
	}
}

func TestOperatorsAndSettings(t *testing.T) {
	ctx := t.Context()
	s, _ := newStore(t)
	lindt := must(s.SaveOperator(ctx, clinical.Operator{Name: " K.  Lindt ", Role: clinical.RoleServiceEngineer}))(t)
	meyer := must(s.SaveOperator(ctx, clinical.Operator{Name: "Dr A. Meyer", Role: clinical.RoleClinician}))(t)
	meyer.Role = clinical.RoleSeniorClinician
	must(s.SaveOperator(ctx, meyer))(t)
	if diff := cmp.Diff([]clinical.Operator{meyer, lindt}, must(s.Operators(ctx))(t)); diff != "" || lindt.Name != "K. Lindt" {
		t.Error(diff)
	}
	refused := map[string]clinical.Operator{
		"missing":   {Role: clinical.RoleClinician},
		"duplicate": {Name: "dr a. meyer", Role: clinical.RoleClinician},
		"bad_text":  {Name: "Dr\n", Role: clinical.RoleClinician},
	}
	for want, o := range refused {
		if _, err := s.SaveOperator(ctx, o); fieldsOf(err)["Name"] != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := s.SaveOperator(ctx, clinical.Operator{Name: "x", Role: "boss"}); fieldsOf(err)["Role"] != "bad_value" {
		t.Error(err)
	}
	if _, err := s.SaveOperator(ctx, clinical.Operator{ID: s.NewID(), Name: "x", Role: clinical.RoleClinician}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}

	if _, err := s.Setting(ctx, "theme"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, value := range []string{"dark", "", "dim"} {
		if err := s.SaveSetting(ctx, "theme", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(ctx, "theme"); string(got) != value || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := s.SaveSetting(ctx, "Theme", nil); fieldsOf(err)["Name"] != "bad_value" {
		t.Error(err)
	}
	if err := s.SaveSetting(ctx, "theme", make([]byte, maxSettingBytes+1)); fieldsOf(err)["Value"] != "too_long" {
		t.Error(err)
	}
}

// Who left is on the list and works here no more; the name stays theirs, and no record
// says that somebody has left.
func TestOperatorsWhoLeft(t *testing.T) {
	ctx := t.Context()
	s, _ := newStore(t)
	meyer := must(s.SaveOperator(ctx, clinical.Operator{Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician}))(t)
	lindt := must(s.SaveOperator(ctx, clinical.Operator{Name: "K. Lindt", Role: clinical.RoleSeniorClinician}))(t)
	gone := lindt
	gone.Left = true
	must(s.SaveOperator(ctx, gone))(t)
	if diff := cmp.Diff([]clinical.Operator{meyer}, must(s.Operators(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]clinical.Operator{meyer, gone}, must(s.Everybody(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	err := s.Snapshot(ctx, func(n *Snapshot) error {
		if seniors := must(n.Seniors())(t); !seniors[meyer.ID] || seniors[lindt.ID] {
			t.Errorf("%v", seniors)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	before := must(s.AuditEnd(ctx))(t)
	for _, o := range []clinical.Operator{{Name: "k. lindt", Role: clinical.RoleTechnician}, {ID: meyer.ID, Name: "K. Lindt", Role: meyer.Role}} {
		if err := s.CheckOperator(ctx, o); fieldsOf(err)["Name"] != "duplicate" {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := s.CheckOperator(ctx, clinical.Operator{ID: lindt.ID, Name: "K. Lindt", Role: lindt.Role}); err != nil || must(s.AuditEnd(ctx))(t) != before {
		t.Errorf("a check of who comes back: %v", err)
	}
	p := must(s.SavePatient(ctx, ana()))(t)
	treatment := aTreatment(p.ID)
	treatment.Operator = gone
	if _, err := s.BeginTreatment(ctx, treatment); fieldsOf(err)["Operator.Left"] != "not_allowed" {
		t.Error(err)
	}
	must(s.SaveOperator(ctx, lindt))(t)
	var said []string
	for _, e := range must(s.AuditEntries(ctx, 3, 10))(t) {
		said = append(said, string(e.Action))
	}
	if want := []string{"operator.remove", "patient.save", "operator.add"}; !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
}

// An id tells when it was made.
func TestMade(t *testing.T) {
	s, clock := newStore(t)
	at := clock.now()
	if made := Made(s.NewID()); made.Sub(at).Abs() > time.Millisecond {
		t.Errorf("%v, made at %v", made, at)
	}
	if made := Made("no id"); !made.IsZero() {
		t.Errorf("%v", made)
	}
}
