package exchange

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/fold"
)

// choices are options that the fuzz target draws from.
func choices(n byte) Options {
	o := auto()
	o.Encoding = []Encoding{EncodingAuto, EncodingAuto, UTF8, UTF16LE, UTF16BE, Windows1252}[n%6]
	o.DateOrder = []DateOrder{DateOrderAuto, DayFirst, MonthFirst}[n/6%3]
	if n/18%3 == 1 {
		o.Columns = map[int]Field{1: FileNumber, 2: FamilyName, 3: BirthDate}
	}
	o.NoHeader = n/54%2 == 1
	if n/108 == 1 {
		stored := tomas()
		o.Known = func(number string) (clinical.Patient, bool) {
			return stored, fold.Number(number) == fold.Number(stored.FileNumber)
		}
	}
	return o
}

func FuzzReadPatients(f *testing.F) {
	const lines = "File number;Family name;Given name;Birth date;Sex;Skin type\r\nF-20105;Novák;Tomáš;13/05/1987;m;II\r\n"
	for _, seed := range []string{
		lines, "\uFEFF" + lines, wide(binary.LittleEndian, lines), wide(binary.BigEndian, lines), windows1252(lines), "sep=,\n" + strings.ReplaceAll(lines, ";", ","),
		"MRN,Surname,DOB\nF-1,\"Ru\"\"iz\n\",11/02/1984\nF-1,\"=1+1\"x,02/11/1984\n,\"", "PK\x03\x04", "NHC;Apellidos;Nombre;F. nacimiento;Sexo\n1;'=Ruiz;Ana;1984-02-11;M\n2;Silva;;13.05.1987;H\n",
		"MRN\tName\tDOB\n1\tRu\riz\x00\x1b\u202e\xff\t1984-02-30T00:00:00\n\t\t\n2\n", "\xff\xfeM\x00\x00\xd8", strings.Repeat(",", 300), "MRN;Surname;DOB\n1;" + strings.Repeat("a", 2000) + ";",
	} {
		for _, choice := range []byte{0, 6, 18, 72, 108} {
			f.Add([]byte(seed), choice)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, choice byte) {
		p, err := ReadPatients(bytes.NewReader(data), choices(choice))
		if err != nil {
			if p.Rows != nil || p.Errors != nil || p.Columns != nil {
				t.Fatalf("a preview beside %v", err)
			}
			plain(t, err.Error())
			return
		}
		bounded(t, p)
		var patients []clinical.Patient
		for _, r := range p.Rows {
			if r.State == New {
				patients = append(patients, r.Patient)
			} else if (r.State == Faulty || r.State == Unsettled) && r.Patient != (clinical.Patient{}) {
				t.Fatalf("a patient on a line that is %s", r.State)
			}
		}
		switch c := p.Counts; {
		case len(patients) != c.New, len(states(p, Faulty)) != c.Faulty, len(states(p, Unsettled)) != c.Unsettled, c.Unsettled > 0 && len(p.Needs) == 0:
			t.Fatalf("%+v of %d patients, needs %v", c, len(patients), p.Needs)
		case len(p.Needs) == 0 && len(patients) > 0:
			comesBack(t, patients)
		}
	})
}

// bounded holds a preview against what it promises of any file.
func bounded(t *testing.T, p Preview) {
	c := p.Counts
	if c.New+c.Same+c.Differs+c.Faulty+c.Unsettled != len(p.Rows) || len(p.Rows) > 0 && len(p.Rows) != c.Records ||
		len(p.Errors) > maxErrors || len(p.Columns) > maxColumns || len(p.Rows) > maxLines {
		t.Fatalf("%+v, %d rows, %d errors, %d columns", c, len(p.Rows), len(p.Errors), len(p.Columns))
	}
	for _, col := range p.Columns {
		plain(t, col.Name)
		plain(t, col.Example)
	}
	for _, e := range p.Errors {
		plain(t, e.Text)
		plain(t, e.Column)
	}
	line, errs := 0, 0
	for _, r := range p.Rows {
		n := 0 // the errors are in the order of the rows
		for n < len(p.Errors)-errs && p.Errors[errs+n].Line <= r.Last {
			n++
		}
		if r.Line <= line || r.Last < r.Line || n > 0 && (r.State != Faulty || p.Errors[errs].Line < r.Line) || n == 0 && r.State == Faulty && p.MoreErrors == 0 {
			t.Fatalf("%+v behind line %d has %d errors", r, line, n)
		}
		line, errs = r.Last, errs+n
	}
	if errs != len(p.Errors) {
		t.Fatalf("%d errors in rows, %d in all", errs, len(p.Errors))
	}
}

// plain holds a shown text against its promise: short, and nothing in it that
// can't be seen.
func plain(t *testing.T, s string) {
	// The longest: a name and a text in which each character is spelled out.
	if most := 2*maxShownRunes*len("<U+10FFFF>") + 200; !utf8.ValidString(s) || len(s) > most || strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) {
		t.Fatalf("%q", s)
	}
}

// comesBack writes patients and reads them again.
func comesBack(t *testing.T, patients []clinical.Patient) {
	p, err := ReadPatients(strings.NewReader(writeCSV(t, Patients(slices.Values(patients)), CSVOptions{})), auto())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(patients, fresh(t, p)); diff != "" {
		t.Fatal(diff)
	}
}

// sampleFile is a file of practice software with so many patients.
func sampleFile(lines int) string {
	r := rand.New(rand.NewSource(1))
	pick := func(of ...string) string { return of[r.Intn(len(of))] }
	var b strings.Builder
	b.WriteString("Patienten-Nr.;Name;Vorname;Geburtsdatum;Geschlecht;Hauttyp;Ort;Bemerkung\r\n")
	for i := range lines {
		fmt.Fprintf(&b, "F-%06d;%s;%s;%02d.%02d.%d;%s;%s;%s;\"%s\"\r\n", i, pick("Ruiz", "Okafor", "Lindqvist", "Tanaka", "Ben Salah", "Novák", "Silva"),
			pick("Ana", "Chidi", "Maja", "Yui", "Leïla", "Tomáš", "João"), 1+r.Intn(28), 1+r.Intn(12), 1930+r.Intn(90), pick("m", "w", "d", ""), pick("I", "II", "III", "IV", "V", "VI", ""),
			pick("Berlin", "Köln"), pick("", "ruft an; nachmittags", "sagt \"\"ja\"\""))
	}
	return b.String()
}

func BenchmarkRead100000Lines(b *testing.B) {
	file := sampleFile(100_000)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := ReadPatients(strings.NewReader(file), auto())
		if err != nil || p.Counts.New != 100_000 {
			b.Fatal(err, p.Counts)
		}
	}
}

func BenchmarkWrite100000Lines(b *testing.B) {
	patients := fresh(b, read(b, sampleFile(100_000), auto()))
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if n, err := WriteCSV(&out, Patients(slices.Values(patients)), CSVOptions{}); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}

// An error's own words are what a person may be shown, whatever the file.
func TestErrorsInWords(t *testing.T) {
	for want, err := range map[string]error{
		"line 3: a quote is opened and never closed":   &FileError{Err: ErrOpenQuote, Line: 3},
		"the file has too many lines (at most 250000)": &FileError{Err: ErrTooManyLines, Bound: maxLines},
		"record 2: birth_date has no written form":     &RecordError{Record: 2, Column: "birth_date"},
	} {
		if err.Error() != want || coded.Of(err) == "" {
			t.Errorf("%v", err)
		}
	}
}
