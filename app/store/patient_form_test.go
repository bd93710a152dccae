package store

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// FuzzPatientForm holds the short way of reading a patient against the long one: it
// is never taken for a value that the long way refuses or reads otherwise.
func FuzzPatientForm(f *testing.F) {
	for _, p := range manyPatients(3) {
		f.Add(must(json.Marshal(packPatient(p)))(f))
	}
	for _, s := range []string{
		``, `{}`, `null`, `{"family_name":"a"`,
		`{"family_name":"a","birth_date":"","file_number":"","created":"2026-11-23T09:30:00Z","updated":"2026-11-23T09:30:00.5+02:00"}`,
		`{"family_name":"\u003c","birth_date":"","file_number":"","created":"2026-11-23T09:30:00Z","updated":"2026-11-23T09:30:00Z"}`,
		`{"family_name":"a","fitzpatrick":12,"birth_date":"","file_number":"","created":"2026-11-23T09:30:00Z","updated":"2026-11-23T09:30:00Z"}{}`,
		"{\"family_name\":\"\xff\",\"birth_date\":\"\",\"file_number\":\"\",\"created\":\"2026-11-23T09:30:00Z\",\"updated\":\"2026-11-23T09:30:00Z\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		got, ok := plainPatient(plain)
		if !ok {
			return
		}
		want, err := decodeJSON[storedPatient](plain)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", plain, err, diff)
		}
	})
}

// What is stored of a patient is read the short way, but for signs that are escaped.
func TestPatientFormIsTheUsualOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somebody(t, 1)
		plain, err := json.Marshal(packPatient(p))
		if err != nil {
			t.Fatal(err)
		}
		v, ok := plainPatient(plain)
		if diff := cmp.Diff(packPatient(p), v); !ok || diff != "" {
			t.Errorf("%v: %s", ok, diff)
		}
	})
}
