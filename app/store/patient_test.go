package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// fieldsOf lists the refused fields of an error with their problems.
func fieldsOf(err error) map[string]string {
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return nil
	}
	return invalid.FieldProblems()
}

func TestPatientIsRefusedByField(t *testing.T) {
	cases := []struct {
		name   string
		change func(*clinical.Patient)
		want   map[string]string
	}{
		{"as it should be", func(*clinical.Patient) {}, nil},
		{"one name only", func(p *clinical.Patient) { p.GivenName = "" }, nil},
		{"everything missing", func(p *clinical.Patient) { *p = clinical.Patient{} },
			map[string]string{"FamilyName": "missing", "BirthDate": "missing", "FileNumber": "missing"}},
		{"blanks are no name", func(p *clinical.Patient) { p.FamilyName = " \u00a0 " }, map[string]string{"FamilyName": "missing"}},
		{"control character", func(p *clinical.Patient) { p.GivenName = "A\x1bna" }, map[string]string{"GivenName": "bad_text"}},
		{"turned writing", func(p *clinical.Patient) { p.GivenName = "A\u202ena" }, map[string]string{"GivenName": "bad_text"}},
		{"not UTF-8", func(p *clinical.Patient) { p.FamilyName = "R\xffz" }, map[string]string{"FamilyName": "bad_text"}},
		{"endless name", func(p *clinical.Patient) { p.FamilyName = strings.Repeat("ä", maxNameRunes+1) }, map[string]string{"FamilyName": "too_long"}},
		{"longest name", func(p *clinical.Patient) { p.FamilyName = strings.Repeat("ä", maxNameRunes) }, nil},
		{"endless file number", func(p *clinical.Patient) { p.FileNumber = strings.Repeat("1", maxFileNumberRunes+1) }, map[string]string{"FileNumber": "too_long"}},
		{"no such day", func(p *clinical.Patient) { p.BirthDate.Day = 31 }, map[string]string{"BirthDate": "bad_value"}},
		{"no such month", func(p *clinical.Patient) { p.BirthDate.Month = 13 }, map[string]string{"BirthDate": "bad_value"}},
		{"not leap", func(p *clinical.Patient) { p.BirthDate = clinical.Date{Year: 1900, Month: 2, Day: 29} }, map[string]string{"BirthDate": "bad_value"}},
		{"today somewhere", func(p *clinical.Patient) { p.BirthDate = clinical.Date{Year: 2026, Month: 11, Day: 23} }, nil},
		{"tomorrow", func(p *clinical.Patient) { p.BirthDate = clinical.Date{Year: 2026, Month: 11, Day: 24} }, map[string]string{"BirthDate": "in_future"}},
		{"too long ago", func(p *clinical.Patient) { p.BirthDate.Year = 1884 }, map[string]string{"BirthDate": "too_long_ago"}},
		{"no such sex", func(p *clinical.Patient) { p.Sex = "f" }, map[string]string{"Sex": "bad_value"}},
		{"no such skin type", func(p *clinical.Patient) { p.Fitzpatrick = 7 }, map[string]string{"Fitzpatrick": "bad_value"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newStore(t)
			p := ana()
			c.change(&p)
			_, err := s.SavePatient(t.Context(), p)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.want, fieldsOf(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatientRevisions(t *testing.T) {
	s, clock := newStore(t)
	p := ana()
	p.FamilyName = "  Ruiz   Gómez "
	first := must(s.SavePatient(t.Context(), p))(t)
	if first.Revision != 1 || !validID(first.ID) || first.FamilyName != "Ruiz Gómez" || !first.Created.Equal(clock.now()) {
		t.Fatalf("%+v", first)
	}
	clock.add(time.Hour)
	second := first
	second.Fitzpatrick = clinical.FitzpatrickV
	second.Created = time.Time{} // not the caller's to set
	second = must(s.SavePatient(t.Context(), second))(t)
	if second.Revision != 2 || !second.Created.Equal(first.Created) || !second.Updated.Equal(clock.now()) {
		t.Fatalf("%+v", second)
	}
	if _, err := s.SavePatient(t.Context(), first); !errors.Is(err, ErrConflict) {
		t.Errorf("old revision: %v", err)
	}
	ahead := second
	ahead.Revision++
	if _, err := s.SavePatient(t.Context(), ahead); !errors.Is(err, ErrConflict) {
		t.Errorf("revision of the future: %v", err)
	}
	for _, id := range []clinical.ID{"x", s.NewID()} {
		unknown := second
		unknown.ID = id
		if _, err := s.SavePatient(t.Context(), unknown); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown id %q: %v", id, err)
		}
		if _, err := s.Patient(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown id %q: %v", id, err)
		}
	}
	got := must(s.Patient(t.Context(), first.ID))(t)
	if diff := cmp.Diff(second, got); diff != "" {
		t.Error(diff)
	}
	history := must(s.PatientHistory(t.Context(), first.ID))(t)
	if diff := cmp.Diff([]clinical.Patient{first, second}, history); diff != "" {
		t.Error(diff)
	}
}

func TestFileNumberBelongsToOne(t *testing.T) {
	s, _ := newStore(t)
	first := must(s.SavePatient(t.Context(), ana()))(t)
	other := ana()
	for _, number := range []string{"F-20417", "f 20417", "F20417", "Ｆ-20417"} {
		other.FileNumber = number
		_, err := s.SavePatient(t.Context(), other)
		if number == "Ｆ-20417" { // a wide letter is another letter
			if err != nil {
				t.Errorf("%s: %v", number, err)
			}
			continue
		}
		if fieldsOf(err)["FileNumber"] != "duplicate" {
			t.Errorf("%s: %v", number, err)
		}
	}
	// Its owner keeps it, and gives it up for good by taking another.
	first = must(s.SavePatient(t.Context(), first))(t)
	first.FileNumber = "F-1"
	must(s.SavePatient(t.Context(), first))(t)
	other.FileNumber = "F-20417"
	must(s.SavePatient(t.Context(), other))(t)
}

func TestSearch(t *testing.T) {
	s, _ := newStore(t)
	if err := SeedSampleClinic(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		query string
		want  []string // family names in order
	}{
		{"ruiz", []string{"Ruiz"}},
		{"RUI", []string{"Ruiz"}},
		{"ana ruiz", []string{"Ruiz"}},
		{"ruiz, ana", []string{"Ruiz"}},
		{"uiz", nil},
		{"ruiz maja", nil},
		{"novak tomas", []string{"Novák"}},
		{"Novák", []string{"Novák"}},
		{"Nova\u0301k", []string{"Novák"}},
		{"leila", []string{"Ben Salah"}},
		{"salah ben", []string{"Ben Salah"}},
		{"lukasz", []string{"Kowalczyk"}},
		{"etienne", []string{"Moreau"}},
		{"o'sul", []string{"O'Sullivan"}},
		{"o’sul", []string{"O'Sullivan"}},
		{"osul", []string{"O'Sullivan"}},
		{"sulliv", []string{"O'Sullivan"}},
		{"F-204", []string{"Ruiz", "Tanaka", "Rahman"}},
		{"f204", []string{"Ruiz", "Tanaka", "Rahman"}},
		{"204", []string{"Ruiz", "Tanaka", "Rahman"}},
		{"20417", []string{"Ruiz"}},
		{"0417", nil},
		{"1984-02-11", []string{"Ruiz"}},
		{"1984-2-11", []string{"Ruiz"}},
		{"1984", []string{"Ruiz"}},
		{"19840211", []string{"Ruiz"}},
		{"11.02.1984", []string{"Ruiz"}},
		{"11.2.1984", []string{"Ruiz"}},
		{"11. 2. 1984", []string{"Ruiz"}},
		{"11.2.", []string{"Ruiz"}},
		{"02/11/1984", []string{"Ruiz"}},
		{"2/11/19", []string{"Ruiz"}},
		{"5.5.87", nil},
		{"5.5.1987", []string{"Novák"}},
		{"1987/5", []string{"Novák"}},
		{"1987/05/0", []string{"Novák"}},
		{"ana 1984", []string{"Ruiz"}},
		{"ana 1985", nil},
		{"\x00", nil},
		{"  ,  ", []string{"Ruiz", "Okafor", "Lindqvist", "Tanaka", "Ben Salah", "Novák", "Silva", "Fischer", "Rahman", "Moreau", "O'Sullivan", "Kowalczyk"}},
	}
	for _, c := range cases {
		hits, total, err := s.SearchPatients(t.Context(), c.query, 100)
		var got []string
		for _, p := range hits {
			got = append(got, p.FamilyName)
		}
		if err != nil || total != len(c.want) || !cmp.Equal(got, c.want) {
			t.Errorf("%q: %v of %d, %v; want %v", c.query, got, total, err, c.want)
		}
	}
	hits, total, err := s.SearchPatients(t.Context(), "", 3)
	if len(hits) != 3 || total != 12 || err != nil {
		t.Errorf("limit 3: %d hits of %d, %v", len(hits), total, err)
	}
	if _, _, err := s.SearchPatients(t.Context(), strings.Repeat("x ", 1<<16), -1); err != nil {
		t.Error(err)
	}
}

func TestRecentlyUsedFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	clock := newClock()
	s, err := OpenTraining(path, Options{Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	var ids []clinical.ID
	for _, name := range []string{"A", "B", "C", "D"} {
		p := ana()
		p.FamilyName, p.FileNumber = name, name
		ids = append(ids, must(s.SavePatient(t.Context(), p))(t).ID)
	}
	order := func(s *Store) string {
		hits, _, err := s.SearchPatients(t.Context(), "", 9)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, p := range hits {
			b.WriteString(p.FamilyName)
		}
		return b.String()
	}
	steps := []struct {
		use  func() error
		want string
	}{
		{func() error { return nil }, "DCBA"},
		{func() error { clock.add(-time.Hour); return s.Touch(t.Context(), ids[1]) }, "BDCA"},
		{func() error { return s.Touch(t.Context(), ids[1]) }, "BDCA"},
		{func() error { _, err := s.BeginTreatment(t.Context(), aTreatment(ids[0])); return err }, "ABDC"},
		{func() error {
			p, err := s.Patient(t.Context(), ids[2])
			if err == nil {
				_, err = s.SavePatient(t.Context(), p)
			}
			return err
		}, "CABD"},
	}
	for i, step := range steps {
		if err := step.use(); err != nil {
			t.Fatal(err)
		}
		if got := order(s); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	if err := s.Touch(t.Context(), s.NewID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := order(openTest(t, path, clock)); got != "CABD" {
		t.Errorf("after opening again: %s", got)
	}
}

func TestFold(t *testing.T) {
	cases := map[string]string{
		"Ana": "ana", "LEÏLA": "leila", "Łukasz Żółć": "lukasz zolc", "Straße": "strasse", "STRAẞE": "strasse",
		"Ægir Þór Øst": "aegir thor ost", "İpek Işık": "ipek isik", "Nguyễn": "nguyen", "e\u0301": "e",
		"Čapková": "capkova", "Đặng": "dang", "Œuvre": "oeuvre", "Ёлкин": "елкин", "Άννα": "αννα", "佐藤": "佐藤",
		"O’Brien–Smith": "o'brien-smith", "ŉ": "ŉ",
	}
	for in, want := range cases {
		if got := fold.Text(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
