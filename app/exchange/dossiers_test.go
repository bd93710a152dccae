package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

func id(n int) clinical.ID { return clinical.ID(fmt.Sprintf("01%024d", n)) }

// dossier is the n-th patient of another room, with so many presets.
func dossier(n, presets int) clinical.Dossier {
	p := tomas()
	p.ID, p.Revision, p.FileNumber, p.Created, p.Updated = id(n), 2, fmt.Sprintf("F-%d", n), now().Add(-time.Hour), now()
	d := clinical.Dossier{Patient: p}
	for i := range presets {
		d.Presets = append(d.Presets, clinical.Preset{
			ID: id(1000*n + i), Revision: 1 + i, Patient: p.ID, Name: "=Cheek <gentle>", PenKind: clinical.RF, Indication: "acne_scars", Zone: "cheek_left",
			Settings: clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}, SavedAt: now().Add(-time.Minute), SavedBy: "Dr A. Meyer",
		})
	}
	return d
}

func written(t testing.TB, all ...clinical.Dossier) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := WriteDossiers(&b, now(), "Stipple 1.0", all, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDossiersThereAndBack(t *testing.T) {
	all := []clinical.Dossier{dossier(1, 2), dossier(2, 0), dossier(3, 1)}
	told := 0
	m, got, err := ReadDossiers(strings.NewReader(written(t, all...)), now(), func(done, of int) { told = done * 10 / of })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Manifest{Made: now().Truncate(time.Second), Program: "Stipple 1.0", Patients: 3, Presets: 3}, m); diff != "" {
		t.Error(diff)
	}
	if told != 10 {
		t.Errorf("told %d", told)
	}
	if _, got, err := ReadDossiers(strings.NewReader(written(t)), now(), nil); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

// What could not be read again is not written: the file is the only one that the other
// room gets.
func TestDossiersBeyondTheBounds(t *testing.T) {
	wide := dossier(2, maxPresets)
	for i := range wide.Presets {
		wide.Presets[i].Name, wide.Presets[i].SavedBy = strings.Repeat("\u2028", 120)+"x", strings.Repeat("<", 120)
	}
	var place *DossierError
	var file *FileError
	if _, err := WriteDossiers(io.Discard, now(), "", []clinical.Dossier{dossier(1, 0), dossier(2, maxPresets+1)}, nil); !errors.As(err, &place) || place.Patient != 2 || place.Field != "Presets" {
		t.Error(err)
	}
	if _, err := WriteDossiers(io.Discard, now(), "", []clinical.Dossier{wide}, nil); !errors.As(err, &file) || file.Bound != maxDossierBytes {
		t.Error(err)
	}
}

// A preset that was saved while a clock was ahead does not keep a whole file out: nothing
// is decided by that time.
func TestAPresetFromTheFuture(t *testing.T) {
	d := dossier(1, 1)
	d.Presets[0].SavedAt = now().AddDate(5, 0, 0)
	if _, got, err := ReadDossiers(strings.NewReader(written(t, d)), now(), nil); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

// Each place that is not as it should be refuses the file, and is named.
func TestHostileDossiers(t *testing.T) {
	good := written(t, dossier(1, 1), dossier(2, 2))
	lines := strings.SplitAfter(good, "\n")
	put := func(line int, old, with string) string {
		all := append([]string(nil), lines...)
		if !strings.Contains(all[line], old) {
			t.Fatalf("no %s in line %d", old, line)
		}
		all[line] = strings.Replace(all[line], old, with, 1)
		return strings.Join(all, "")
	}
	place := func(patient, preset int, field string) func(error) bool {
		return func(err error) bool {
			var e *DossierError
			return errors.As(err, &e) && e.Patient == patient && e.Preset == preset && e.Field == field
		}
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	cases := map[string]struct {
		file string
		want func(error) bool
	}{
		"empty":                   {"", is(ErrNoDossiers)},
		"something else":          {"Name;Number\n", is(ErrNoDossiers)},
		"another format":          {put(0, "stipple patients", "stipple audit"), is(ErrNoDossiers)},
		"newer":                   {put(0, `"version":1`, `"version":2,"more":true`), is(ErrNewerDossiers)},
		"version below":           {put(0, `"version":1`, `"version":0`), is(ErrNoDossiers)},
		"a huge count":            {put(0, `"patients":2`, `"patients":2000000000`), is(ErrFileTooLarge)},
		"a count beyond integers": {put(0, `"patients":2`, `"patients":20000000000000000000`), place(0, 0, "")},
		"below zero":              {put(0, `"patients":2`, `"patients":-2`), is(ErrFileTooLarge)},
		"one more promised":       {put(0, `"patients":2`, `"patients":3`), place(3, 0, "")},
		"one fewer promised":      {put(0, `"patients":2`, `"patients":1`), place(2, 0, "")},
		"presets promised":        {put(0, `"presets":3`, `"presets":4`), place(0, 0, "")},
		"the end is missing":      {good[:len(good)-1], is(io.ErrUnexpectedEOF)},
		"something behind":        {good + "{}\n", place(3, 0, "")},
		"a field more":            {put(1, `"id"`, `"admin":true,"id"`), place(1, 0, "")},
		"a field twice":           {put(1, `"id"`, `"id":"x","id"`), place(1, 0, "")},
		"in other letters":        {put(1, `"family_name"`, `"Family_Name"`), place(1, 0, "")},
		"not UTF-8":               {put(2, "Tom", "T\xffm"), place(2, 0, "")},
		"no id":                   {put(1, string(id(1)), "../../etc/passwd"), place(1, 0, "ID")},
		"an id twice":             {put(2, string(id(2)), string(id(1))), place(2, 0, "ID")},
		"a number twice":          {put(2, "F-2", "f 1"), place(2, 0, "FileNumber")},
		"no name":                 {put(1, "Novák", ""), place(1, 0, "FamilyName")},
		"an endless name":         {put(1, "Novák", strings.Repeat("N", 121)), place(1, 0, "FamilyName")},
		"turned writing":          {put(1, "Novák", "N\u202eovák"), place(1, 0, "FamilyName")},
		"blanks":                  {put(1, "Novák", "  Novák"), place(1, 0, "FamilyName")},
		"no such day":             {put(1, "1987-05-13", "1987-02-30"), place(1, 0, "BirthDate")},
		"born tomorrow":           {put(1, "1987-05-13", "2099-05-13"), place(1, 0, "BirthDate")},
		"no such sex":             {put(1, `"sex":"male"`, `"sex":"m"`), place(1, 0, "Sex")},
		"no such skin":            {put(1, `"fitzpatrick":2`, `"fitzpatrick":7`), place(1, 0, "Fitzpatrick")},
		"beyond a skin":           {put(1, `"fitzpatrick":2`, `"fitzpatrick":300`), place(1, 0, "")},
		"preset: no id":           {put(1, string(id(1000)), "x"), place(1, 1, "ID")},
		"preset: twice":           {put(2, string(id(2001)), string(id(2000))), place(2, 2, "ID")},
		"preset: a laser":         {put(1, `"pen_kind":"rf"`, `"pen_kind":"laser"`), place(1, 1, "PenKind")},
		"preset: depth":           {put(1, `"depth_um":1500`, `"depth_um":-1`), place(1, 1, "Settings")},
		"preset: needling power":  {put(1, `"pen_kind":"rf"`, `"pen_kind":"needling"`), place(1, 1, "Settings")},
		"preset: zone":            {put(1, `"cheek_left"`, `"Cheek left"`), place(1, 1, "Zone")},
		"preset: revision":        {put(1, `"revision":1,"name"`, `"revision":0,"name"`), place(1, 1, "Revision")},
		"an endless line":         {lines[0] + strings.Repeat("x", maxDossierBytes+1), is(ErrFileTooLarge)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m, got, err := ReadDossiers(strings.NewReader(c.file), now(), nil)
			if err == nil || !c.want(err) || got != nil || m != (Manifest{}) {
				t.Errorf("%v, beside it %v, %d patients", err, m, len(got))
			}
		})
	}
}

func TestDossiersOfAReaderThatFails(t *testing.T) {
	pulled := errors.New("pulled")
	file := written(t, dossier(1, 1))
	for n := range len(file) {
		_, _, err := ReadDossiers(io.MultiReader(strings.NewReader(file[:n]), iotest.ErrReader(pulled)), now(), nil)
		if !errors.Is(err, pulled) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func FuzzReadDossiers(f *testing.F) {
	f.Add(written(f, dossier(1, 1), dossier(2, 0)))
	f.Add("{}\n")
	f.Fuzz(func(t *testing.T, file string) {
		m, all, err := ReadDossiers(strings.NewReader(file), now(), nil)
		if err != nil {
			return
		}
		var b bytes.Buffer
		again, err := WriteDossiers(&b, m.Made, m.Program, all, nil)
		if err != nil || again.Presets != m.Presets {
			t.Fatalf("%+v, %+v, %v", m, again, err)
		}
	})
}
