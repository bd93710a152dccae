package exchange

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/store"
)

func TestErrorsNameLineAndColumn(t *testing.T) {
	const header = "MRN;Surname;Given;First name;DOB;Sex;Skin type\r\n" // "Given" is nobody's
	long := strings.Repeat("ä", maxNameRunes+1)
	for _, c := range []struct {
		name, lines string
		want        []LineError
	}{
		{"nothing there", ";;x;;;;\r\n", []LineError{
			{Line: 2, Number: 1, Column: "MRN", Field: FileNumber, Problem: Missing},
			{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: Missing},
			{Line: 2, Number: 5, Column: "DOB", Field: BirthDate, Problem: Missing}}},
		{"behind a field of three lines", "F-1;Ruiz;\"a\r\nb\nc\";Ana;1984-02-11;f;IV\r\nF-2;Ruiz;;Ana;1984-02-31;f;IV\r\n",
			[]LineError{{Line: 5, Number: 5, Column: "DOB", Field: BirthDate, Problem: BadValue, Text: "1984-02-31"}}},
		{"inside a record of three lines", "F-1;Ruiz;\"a\r\nb\nc\";Ana;1984-02-31;f;IV\r\n",
			[]LineError{{Line: 4, Number: 5, Column: "DOB", Field: BirthDate, Problem: BadValue, Text: "1984-02-31"}}},
		{"behind empty lines", "\r\n;;;;;;\r\nF-1;Ruiz;;;1984-02-11;?;IV\r\n",
			[]LineError{{Line: 4, Number: 6, Column: "Sex", Field: Sex, Problem: BadValue, Text: "?"}}},
		{"too long", "F-1;" + long + ";;;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: TooLong, Text: strings.Repeat("ä", maxShownRunes) + "…"}}},
		{"longer than is kept", "F-1;Ruiz;;" + strings.Repeat("a", keptBytes+1) + ";1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 4, Column: "First name", Field: GivenName, Problem: TooLong, Text: strings.Repeat("a", maxShownRunes) + "…"}}},
		{"what is not kept is not passed over", "F-1;Ruiz;;Ana" + strings.Repeat(" ", keptBytes) + "Maria;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 4, Column: "First name", Field: GivenName, Problem: TooLong, Text: "Ana" + strings.Repeat(" ", maxShownRunes-3) + "…"}}},
		{"long file number", strings.Repeat("1", maxFileNumberRunes+1) + ";Ruiz;;;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 1, Column: "MRN", Field: FileNumber, Problem: TooLong, Text: strings.Repeat("1", maxFileNumberRunes+1)}}},
		{"control character", "F-1;R\x1b[2Juiz;;;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: BadText, Text: "R<U+001B>[2Juiz"}}},
		{"line end in a name", "F-1;\"Ru\r\niz\";;;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: BadText, Text: "Ru<U+000D><U+000A>iz"}}},
		{"CR alone", "F-1;Ru\riz;;;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: BadText, Text: "Ru<U+000D>iz"}}},
		{"turned writing", "F-1;Ruiz;;A\u202Ena;1984-02-11;;\r\n",
			[]LineError{{Line: 2, Number: 4, Column: "First name", Field: GivenName, Problem: BadText, Text: "A<U+202E>na"}}},
		{"the same number", "F-1;Ruiz;;;1984-02-11;;\r\nF-2;Silva;;;1984-02-11;;\r\nf 1;Novák;;;1984-02-11;;\r\nF/1;Tanaka;;;1984-02-11;;\r\n", []LineError{
			{Line: 2, Number: 1, Column: "MRN", Field: FileNumber, Problem: Duplicate, Text: "F-1", Other: 4},
			{Line: 4, Number: 1, Column: "MRN", Field: FileNumber, Problem: Duplicate, Text: "f 1", Other: 2},
			{Line: 5, Number: 1, Column: "MRN", Field: FileNumber, Problem: Duplicate, Text: "F/1", Other: 2}}},
		{"a number that is refused is no double", "F-1;Ruiz;;;1984-02-11;;\r\nF\x01-1;Ruiz;;;1984-02-11;;\r\n",
			[]LineError{{Line: 3, Number: 1, Column: "MRN", Field: FileNumber, Problem: BadText, Text: "F<U+0001>-1"}}},
		{"the same number, guarded", "'+-;Ruiz;;;1984-02-11;;\r\n+-;Silva;;;1984-02-11;;\r\n", []LineError{
			{Line: 2, Number: 1, Column: "MRN", Field: FileNumber, Problem: Duplicate, Text: "+-", Other: 3},
			{Line: 3, Number: 1, Column: "MRN", Field: FileNumber, Problem: Duplicate, Text: "+-", Other: 2}}},
		{"too few", "F-1;Ruiz;;;1984-02-11;f\r\n", []LineError{{Line: 2, Problem: ColumnCount, Text: "6/7"}}},
		{"too many", "F-1;Ruiz;;;1984-02-11;f;IV;x\r\n", []LineError{{Line: 2, Problem: ColumnCount, Text: "8/7"}}},
		{"far too many", "F-1" + strings.Repeat(";", maxColumns) + "\r\n", []LineError{{Line: 2, Problem: ColumnCount, Text: "257/7"}}},
		{"text behind a quote", "F-1;\"Ruiz\"x;;;1984-02-11;f;IV\r\n",
			[]LineError{{Line: 2, Number: 2, Column: "Surname", Field: FamilyName, Problem: BadQuote, Text: "Ruizx"}}},
		{"and in a column that is not imported", "F-1;Ruiz;\"a\"b\";;1984-02-11;f;IV\r\n",
			[]LineError{{Line: 2, Number: 3, Column: "Given", Problem: BadQuote, Text: "ab\""}}},
		{"a field without end", "F-1;Ruiz;\"" + strings.Repeat("a\r\n", maxFieldBytes/3+1) + "\";;1984-02-11;f;IV\r\n",
			[]LineError{{Line: 2, Number: 3, Column: "Given", Problem: TooLong, Text: strings.Repeat("a<U+000D><U+000A>", maxShownRunes/3) + "…"}}},
		{"long notes are nobody's trouble", "F-1;Ruiz;" + strings.Repeat("a", maxFieldBytes) + ";;1984-02-11;f;IV\r\n", nil},
		{"quotes inside", "F-1;\"Ru\"\"iz\";;An\"a\";1984-02-11;f;IV\r\n", nil},
		{"M beside H", "F-1;Ruiz;;;1984-02-11;H;\r\nF-2;Ruiz;;;1984-02-11;M;\r\n",
			[]LineError{{Line: 3, Number: 6, Column: "Sex", Field: Sex, Problem: Ambiguous, Text: "M"}}},
		{"no skin type", "F-1;Ruiz;;;1984-02-11;;I/II\r\n",
			[]LineError{{Line: 2, Number: 7, Column: "Skin type", Field: Fitzpatrick, Problem: BadValue, Text: "I/II"}}},
	} {
		t.Run(c.name, func(t *testing.T) { holdErrors(t, read(t, header+c.lines, auto()), c.want) })
	}
}

// holdErrors holds a preview against the errors that it should have.
func holdErrors(t *testing.T, p Preview, want []LineError) {
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Error(diff)
	}
	if faulty := states(p, Faulty); (len(faulty) > 0) != (want != nil) || len(faulty) != p.Counts.Faulty {
		t.Errorf("%d faulty rows, %d counted", len(faulty), p.Counts.Faulty)
	}
	found := 0
	for _, r := range p.Rows {
		of := errorsOf(p, r)
		found += len(of)
		if faulty := r.State == Faulty; faulty != (len(of) > 0) || faulty && r.Patient != (clinical.Patient{}) {
			t.Errorf("%+v of lines %d to %d has %v", r.Patient, r.Line, r.Last, of)
		}
	}
	if found != len(want) {
		t.Errorf("%d errors on the lines of rows, want %d", found, len(want))
	}
}

func TestFaultyRecordsStandBesideGoodOnes(t *testing.T) {
	p := read(t, "MRN;Surname;DOB;Notes\nF-1;Ruiz;1984-02-11;\nF-2;Silva;1994-10-28;\"a\nb\nc\"\nF-3;;1987-05-13;\"a\nb\"\nF-4;Novák;1987-05-13;\nF-1;Tanaka;1998-03-21;\n", auto())
	if got := states(p, New); len(got) != 2 || got[0].Patient.FamilyName != "Silva" || got[1].Patient.FamilyName != "Novák" {
		t.Errorf("%v", got)
	}
	want := []Row{{Line: 2, Last: 2, State: Faulty}, {Line: 6, Last: 7, State: Faulty}, {Line: 9, Last: 9, State: Faulty}}
	if diff := cmp.Diff(want, states(p, Faulty)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{Records: 5, New: 2, Faulty: 3}, p.Counts); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	const lines = maxErrors/2 + 10
	file := "MRN;Surname;DOB;Sex\n"
	for i := range lines {
		file += fmt.Sprintf("F-%d;Ruiz;x;y\n", i)
	}
	p := read(t, file, auto())
	if len(p.Errors) != maxErrors || p.MoreErrors != 20 || p.Counts.Faulty != lines {
		t.Errorf("%d and %d more, %+v", len(p.Errors), p.MoreErrors, p.Counts)
	}
	if left := states(p, Faulty); len(left) != lines {
		t.Errorf("%d faulty", len(left))
	}
	if last := p.Rows[lines-1]; last.State != Faulty || len(errorsOf(p, last)) != 0 {
		t.Errorf("%+v", last)
	}
}

func TestKnownPatients(t *testing.T) {
	stored := tomas()
	stored.ID, stored.Revision = "p1", 3
	file := func(line string) string { return "MRN;Surname;First name;DOB;Sex;Skin type\n" + line + "\n" }
	for _, c := range []struct {
		name, line string
		state      State
		differs    []Field
	}{
		{"same", "F-20105;Novák;Tomáš;1987-05-13;m;II", Same, nil},
		{"nothing said", "F-20105;Novák;;1987-05-13;;", Same, nil},
		{"another spelling of the number", "f20105;Novák;Tomáš;1987-05-13;m;II", Differs, []Field{FileNumber}},
		{"all but the number", "F-20105;Silva;João;1994-10-28;f;V", Differs, []Field{FamilyName, GivenName, BirthDate, Sex, Fitzpatrick}},
		{"new", "F-20399;Novák;Tomáš;1987-05-13;m;II", New, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := auto()
			o.Known = func(number string) (clinical.Patient, bool) {
				return stored, fold.Number(number) == fold.Number(stored.FileNumber)
			}
			p := read(t, file(c.line), o)
			r := p.Rows[0]
			if r.State != c.state || !cmp.Equal(r.Differs, c.differs) || (r.Stored != nil) != (c.state != New) {
				t.Errorf("%+v", r)
			}
			if r.Stored != nil && *r.Stored != stored {
				t.Errorf("stored %+v", *r.Stored)
			}
			if got := states(p, New); len(p.Errors) > 0 || (len(got) == 1) != (c.state == New) {
				t.Errorf("%v %v", got, p.Errors)
			}
		})
	}
}

func TestSexAndSkinType(t *testing.T) {
	for want, spellings := range map[clinical.Sex]string{
		clinical.Female:      "f,F,female,Woman,w,weiblich,Frau,femme,Féminin,mujer,Femenino,mulher,feminino",
		clinical.Male:        "m,M,male,männlich,maennlich,MANN,homme,masculin,hombre,masculino,homem,h",
		clinical.SexOther:    "d,divers,other,X,autre,otro,outro,non-binary,nicht-binär",
		clinical.SexUnstated: ",-,unknown,unbekannt,k. A.,n/a,inconnu,desconocido,desconhecido",
	} {
		for _, s := range strings.Split(spellings, ",") {
			if got, problem := readSex(s, false); got != want || problem != "" {
				t.Errorf("sex %q: %q %s", s, got, problem)
			}
		}
	}
	for _, s := range strings.Split("1,2,m/w,f?,fm,weib,Ж,(f),=f", ",") {
		if got, problem := readSex(s, false); problem != BadValue {
			t.Errorf("sex %q: %q %s", s, got, problem)
		}
	}
	for want, spellings := range []string{",-,unknown,unbekannt", "1,I,i,Typ 1,Ⅰ", "2,II,type II,Fitzpatrick: 2", "3,iii,Hauttyp III,III (Fitzpatrick)", "4,IV,fototipo IV,Tipo de piel 4", "5,V,phototype V", "6,VI,FST VI,Skin Type 6."} {
		for _, s := range strings.Split(spellings, ",") {
			if got, problem := readFitzpatrick(s); got != clinical.Fitzpatrick(want) || problem != "" {
				t.Errorf("skin type %q: %d %s", s, got, problem)
			}
		}
	}
	for _, s := range strings.Split("0,7,VII,IIII,I-II,I/II,2.5,II III,type,11,hell", ",") {
		if got, problem := readFitzpatrick(s); problem != BadValue {
			t.Errorf("skin type %q: %d %s", s, got, problem)
		}
	}
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.OpenTraining(filepath.Join(t.TempDir(), "data", store.FileName), store.Options{Now: now, Rand: strings.NewReader(strings.Repeat("stipple!", 1000))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// oddPatients change a good patient to one at, or over, the bounds of the store.
func oddPatients() []func(*clinical.Patient) {
	return []func(*clinical.Patient){
		func(*clinical.Patient) {},
		func(p *clinical.Patient) { p.GivenName, p.Sex, p.Fitzpatrick = "", "", 0 },
		func(p *clinical.Patient) { p.FamilyName = "" },
		func(p *clinical.Patient) { p.FamilyName = "  Ben   Salah\u00a0" },
		func(p *clinical.Patient) { p.FamilyName = strings.Repeat("ä", maxNameRunes) },
		func(p *clinical.Patient) { p.FamilyName = strings.Repeat("ä", maxNameRunes+1) },
		func(p *clinical.Patient) { p.GivenName = strings.Repeat("😀", maxNameRunes) },
		func(p *clinical.Patient) { p.GivenName = strings.Repeat("a", maxNameRunes+1) },
		func(p *clinical.Patient) { p.GivenName = "A\x07na" },
		func(p *clinical.Patient) { p.GivenName = "A\u0085na" },
		func(p *clinical.Patient) { p.GivenName = "A\u2067na" },
		func(p *clinical.Patient) { p.GivenName = "A\u200dna" },
		func(p *clinical.Patient) { p.GivenName = "\xff" },
		func(p *clinical.Patient) { p.FileNumber = strings.Repeat("1", maxFileNumberRunes) },
		func(p *clinical.Patient) { p.FileNumber = strings.Repeat("1", maxFileNumberRunes+1) },
		func(p *clinical.Patient) { p.FileNumber = "" },
		func(p *clinical.Patient) { p.FileNumber = "+-" },
		func(p *clinical.Patient) { p.BirthDate = clinical.Date{} },
		func(p *clinical.Patient) { p.BirthDate = date(2026, time.November, 25) },
		func(p *clinical.Patient) { p.BirthDate = date(2026, time.November, 24) },
		func(p *clinical.Patient) { p.BirthDate = date(2026-maxAgeYears, time.November, 23) },
		func(p *clinical.Patient) { p.BirthDate = date(2026-maxAgeYears, time.November, 24) },
	}
}

// What the preview lets through, the store takes; what the store refuses of a
// patient, the preview has refused with the same word.
func TestTheStoreSaysTheSame(t *testing.T) {
	s := openStore(t)
	for i, change := range oddPatients() {
		p := tomas()
		p.FileNumber = fmt.Sprintf("T-%d", i)
		change(&p)
		kept, refused := s.SavePatient(t.Context(), p)
		want := map[string]string{}
		var invalid *store.InvalidError
		if errors.As(refused, &invalid) {
			want = invalid.FieldProblems()
		} else if refused != nil {
			t.Fatal(refused)
		}
		o := auto()
		o.Encoding = UTF8 // a damaged name is to stay one
		iso, _, _ := strings.Cut(fmt.Sprintf("%04d-%02d-%02d", p.BirthDate.Year, p.BirthDate.Month, p.BirthDate.Day), "0000")
		preview := read(t, fmt.Sprintf("file_number,family_name,given_name,birth_date,sex,fitzpatrick\n%s,%s,%s,%s,%s,%s\n",
			guard(p.FileNumber), guard(p.FamilyName), guard(p.GivenName), iso, p.Sex, roman(p.Fitzpatrick)), o)
		got := map[string]string{}
		for _, e := range preview.Errors {
			got[string(e.Field)] = string(e.Problem)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("case %d: %s", i, diff)
			continue
		}
		if refused == nil {
			if diff := cmp.Diff(kept, preview.Rows[0].Patient, sameButForTheStore()); diff != "" {
				t.Errorf("case %d: %s", i, diff)
			}
		}
	}
}

// Two numbers are the same here if, and only if, the store refuses the second.
func TestNumbersAreComparedAsTheStoreDoes(t *testing.T) {
	s := openStore(t)
	var kept []string
	for _, number := range []string{
		"F-20417", "f 20417", "F/20417", "Ｆ-20417", "20417", "É1", "e1", "E\u03011", "ß1", "ss1", "Œ1", "oe1", "+-", "-+", "+ -", "№7", "7",
		"Ø3", "o3", "ı4", "i4", "İ4", "Ж5", "ж5", "½", "1/2", "²", "2", "Ⅳ", "ⅳ", "IV", "’6", "'6", "6",
	} {
		p := tomas()
		p.FileNumber = number
		taken := false
		for _, k := range kept {
			taken = taken || fold.Number(k) == fold.Number(number)
		}
		_, err := s.SavePatient(t.Context(), p)
		var invalid *store.InvalidError
		if errors.As(err, &invalid) != taken || err != nil && invalid == nil {
			t.Errorf("%q after %q: taken here %v, there %v", number, kept, taken, err)
		}
		if err == nil {
			kept = append(kept, number)
		}
	}
}
