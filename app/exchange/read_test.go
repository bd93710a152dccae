package exchange

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

func now() time.Time { return time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC) }

func auto() Options { return Options{Now: now()} }

func read(t testing.TB, text string, o Options) Preview {
	t.Helper()
	p, err := ReadPatients(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// states lists the rows of a preview that are in a state.
func states(p Preview, s State) (rows []Row) {
	for _, r := range p.Rows {
		if r.State == s {
			rows = append(rows, r)
		}
	}
	return rows
}

// fresh are the new patients of a preview in which nothing is faulty or left to choose.
func fresh(t testing.TB, p Preview) (patients []clinical.Patient) {
	t.Helper()
	if p.Counts.Faulty > 0 || len(p.Errors) > 0 || len(p.Needs) > 0 {
		t.Fatal(p.Counts, p.Errors, p.Needs, p.Columns)
	}
	for _, r := range states(p, New) {
		patients = append(patients, r.Patient)
	}
	return patients
}

// errorsOf lists the errors on the lines of a row.
func errorsOf(p Preview, r Row) (all []LineError) {
	for _, e := range p.Errors {
		if e.Line >= r.Line && e.Line <= r.Last {
			all = append(all, e)
		}
	}
	return all
}

func date(y int, m time.Month, d int) clinical.Date { return clinical.Date{Year: y, Month: m, Day: d} }

// tomas is the patient of most files here: his name has letters of its own in
// each encoding.
func tomas() clinical.Patient {
	return clinical.Patient{FamilyName: "Novák", GivenName: "Tomáš", BirthDate: date(1987, time.May, 13),
		Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickII, FileNumber: "F-20105"}
}

func wide(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func windows1252(s string) string {
	return strings.NewReplacer("á", "\xE1", "š", "\x9A").Replace(s)
}

func TestDialects(t *testing.T) {
	const lines = "File number;Family name;Given name;Birth date;Sex;Skin type\r\nF-20105;Novák;Tomáš;1987-05-13;m;II\r\n"
	with := func(delimiter string) string { return strings.ReplaceAll(lines, ";", delimiter) }
	for _, c := range []struct {
		name, file string
		want       Dialect
	}{
		{"semicolon", lines, Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"comma", with(","), Dialect{Encoding: UTF8, Delimiter: ',', LineEnds: CRLF, HeaderLine: 1}},
		{"tab", with("\t"), Dialect{Encoding: UTF8, Delimiter: '\t', LineEnds: CRLF, HeaderLine: 1}},
		{"LF", strings.ReplaceAll(lines, "\r", ""), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: LF, HeaderLine: 1}},
		{"both ends", strings.Replace(lines, "\r", "", 1), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: MixedEnds, HeaderLine: 1}},
		{"no end at the end", strings.TrimSuffix(lines, "\r\n"), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"quotes", `"` + strings.ReplaceAll(with(`","`), "\r\n", "\"\r\n\"") + `"`, Dialect{Encoding: UTF8, Delimiter: ',', LineEnds: CRLF, HeaderLine: 1, Quoted: true}},
		{"blanks outside the quotes", strings.ReplaceAll(lines, "Novák;", `"Novák"  ;`), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1, Quoted: true}},
		{"mark of UTF-8", "\uFEFF" + lines, Dialect{Encoding: UTF8, BOM: true, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"UTF-16 little end first", wide(binary.LittleEndian, lines), Dialect{Encoding: UTF16LE, BOM: true, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"UTF-16 big end first", wide(binary.BigEndian, with("\t")), Dialect{Encoding: UTF16BE, BOM: true, Delimiter: '\t', LineEnds: CRLF, HeaderLine: 1}},
		{"Windows-1252", windows1252(lines), Dialect{Encoding: Windows1252, EncodingGuessed: true, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"the file says its delimiter", "sep=,\r\n" + with(","), Dialect{Encoding: UTF8, Delimiter: ',', LineEnds: CRLF, HeaderLine: 2}},
		{"empty lines first and between", "\r\n\r\n" + strings.Replace(lines, "\r\n", "\r\n;;;;;\r\n \r\n", 1), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 3}},
		{"delimiter behind each patient", strings.ReplaceAll(lines, "II\r", "II;\r"), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
		{"commas in the names of the header", strings.ReplaceAll(strings.Replace(lines, "Skin type", "Skin type;a,b,c,d,e,f,g,h", 1), "II\r", "II;\r"), Dialect{Encoding: UTF8, Delimiter: ';', LineEnds: CRLF, HeaderLine: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := read(t, c.file, auto())
			if diff := cmp.Diff(c.want, p.Dialect); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]clinical.Patient{tomas()}, fresh(t, p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeadersOfFiveLanguages(t *testing.T) {
	for _, header := range []string{
		"file_number;family_name;given_name;birth_date;sex;fitzpatrick",
		"Patient ID;Last name;First name;Date of birth;Gender;Fitzpatrick skin type",
		"MRN;Surname;Forename;DOB;Sex;Phototype",
		"File no.;Name;First Name;Birthday;SEX;Skin type",
		"Patienten-Nr.;Name;Vorname;Geburtsdatum;Geschlecht;Hauttyp",
		"Karteinummer;Nachname;Vorname;geb. am;Geschl.;Hauttyp (Fitzpatrick)",
		"N° dossier;Nom;Prénom;Date de naissance;Sexe;Phototype",
		"Numéro de dossier;NOM DE FAMILLE;Prénoms;Né(e) le;Genre;Phototype cutané",
		"N.º de historia clínica;Apellidos;Nombre;Fecha de nacimiento;Sexo;Fototipo",
		"NHC;Primer apellido;Nombre;F. nacimiento;Género;Tipo de piel",
		"N.º do processo;Apelido;Nome;Data de nascimento;Sexo;Fototipo",
		"Prontuário;Sobrenome;Nome;Data nasc.;Gênero;Tipo de pele",
	} {
		t.Run(header, func(t *testing.T) {
			names := strings.Split(header, ";")
			values := []string{"F-20105", "Novák", "Tomáš", "13.05.1987", "m", "II"}
			// In any order, with a column beside that nobody knows.
			for turn := range names {
				file := strings.Join(names, ";") + ";Telefon\n" + strings.Join(values, ";") + ";+49 30 0\n"
				p := read(t, file, auto())
				if diff := cmp.Diff([]clinical.Patient{tomas()}, fresh(t, p)); diff != "" {
					t.Fatalf("turned by %d: %s", turn, diff)
				}
				want := []Column{{Number: 7, Name: "Telefon", Use: UseUnknown, Example: "+49 30 0"}}
				others := slices.DeleteFunc(p.Columns, func(c Column) bool { return c.Use == UseField })
				if diff := cmp.Diff(want, others); diff != "" {
					t.Fatal(diff)
				}
				names = append(names[1:], names[0])
				values = append(values[1:], values[0])
			}
		})
	}
}

func TestColumnsToChoose(t *testing.T) {
	const line = "F-20105;Novák;Tomáš;1987-05-13;m;II\n"
	named := map[int]Field{1: FileNumber, 2: FamilyName, 3: GivenName, 4: BirthDate, 5: Sex, 6: Fitzpatrick}
	for _, c := range []struct {
		name, file string
		options    func(*Options)
		needs      []Need
		patients   int
	}{
		{"the caller's mapping", "a;b;c;d;e;f\n" + line, func(o *Options) { o.Columns = named }, nil, 1},
		{"no header", line, func(o *Options) { o.Columns, o.NoHeader = named, true }, nil, 1},
		{"no header and no mapping", line, func(o *Options) { o.NoHeader = true },
			[]Need{{NeedColumn, FileNumber}, {NeedColumn, FamilyName}, {NeedColumn, BirthDate}}, 0},
		{"names that nobody knows", "a;b;c;d;e;f\n" + line, nil,
			[]Need{{NeedColumn, FileNumber}, {NeedColumn, FamilyName}, {NeedColumn, BirthDate}}, 0},
		{"a whole name is no family name", "MRN;Name;x;DOB;y;z\n" + line, nil, []Need{{NeedColumn, FamilyName}}, 0},
		{"two halves lean on nothing", "MRN;Nom;Nombre;DOB;y;z\n" + line, nil, []Need{{NeedColumn, FamilyName}}, 0},
		{"one field twice", "MRN;Surname;Last name;DOB;y;z\n" + line, nil, []Need{{NeedOneOf, FamilyName}}, 0},
		{"the mapping leaves one out", "MRN;Surname;Last name;DOB;y;z\n" + line,
			func(o *Options) { o.Columns = map[int]Field{1: FileNumber, 2: FamilyName, 3: Ignore, 4: BirthDate} }, nil, 1},
		{"the mapping names one twice", "a;b;c;d;e;f\n" + line,
			func(o *Options) {
				o.Columns = map[int]Field{1: FileNumber, 2: FamilyName, 3: FamilyName, 4: BirthDate}
			}, []Need{{NeedOneOf, FamilyName}}, 0},
		{"nothing is required but these", "MRN;Surname;x;DOB;y;z\n" + line, nil, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := auto()
			if c.options != nil {
				c.options(&o)
			}
			p := read(t, c.file, o)
			if diff := cmp.Diff(c.needs, p.Needs); diff != "" {
				t.Error(diff)
			}
			if got := states(p, New); len(got) != c.patients || len(p.Rows) != c.patients {
				t.Errorf("%d patients of %d rows", len(got), len(p.Rows))
			}
		})
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct {
		name   string
		choice DateOrder
		dates  []string
		want   []string // ISO, or the problem, or "unsettled"
		order  DateOrder
		asks   bool
	}{
		{"year first", "", []string{"1984-02-11", "1984/02/11", "1984.2.11", "1984-02-11T00:00:00Z", "1984-02-11 00:00:00.000"},
			[]string{"1984-02-11", "1984-02-11", "1984-02-11", "1984-02-11", "1984-02-11"}, "", false},
		{"dots", "", []string{"11.02.1984", "1.2.1984", "02.13.1984"}, []string{"1984-02-11", "1984-02-01", "bad_value"}, "", false},
		{"one that fits day first settles", "", []string{"11/02/1984", "13/02/1984"}, []string{"1984-02-11", "1984-02-13"}, DayFirst, false},
		{"one that fits month first settles", "", []string{"02/11/1984", "2/13/1984"}, []string{"1984-02-11", "1984-02-13"}, MonthFirst, false},
		{"hyphens are slashes", "", []string{"02/11/1984", "02-13-1984"}, []string{"1984-02-11", "1984-02-13"}, MonthFirst, false},
		{"nothing tells", "", []string{"11/02/1984", "1984-02-13", "05/05/1987"}, []string{"unsettled", "1984-02-13", "1987-05-05"}, "", true},
		{"dots and years tell nothing about slashes", "", []string{"11/02/1984", "13.02.1984", "1984-02-13"}, []string{"unsettled", "1984-02-13", "1984-02-13"}, "", true},
		{"the same both ways", "", []string{"05/05/1987"}, []string{"1987-05-05"}, "", false},
		{"the caller says day first", DayFirst, []string{"11/02/1984", "02/13/1984"}, []string{"1984-02-11", "bad_value"}, DayFirst, false},
		{"the caller says month first", MonthFirst, []string{"11/02/1984", "13/02/1984", "13.02.1984"}, []string{"1984-11-02", "bad_value", "1984-02-13"}, MonthFirst, false},
		{"both orders", "", []string{"13/02/1984", "02/13/1984", "11/02/1984", "5/5/1987", "1984-02-11"},
			[]string{"ambiguous", "ambiguous", "ambiguous", "1987-05-05", "1984-02-11"}, "", false},
		{"no dates", "", []string{"11.02.84", "11/02/84", "30723", "11. Februar 1984", "1984-02-30", "29.02.1900", "1984-02", "11.02/1984", "1984-02-11T23:00:00", "０1.02.1984", "-1-2-1984"},
			[]string{"bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value", "bad_value"}, "", false},
		{"what the store refuses", "", []string{"", "25.11.2026", "24.11.2026", "01.01.1890", "01.01.1900"},
			[]string{"missing", "in_future", "2026-11-24", "too_long_ago", "1900-01-01"}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var file strings.Builder
			file.WriteString("MRN;Surname;DOB\n")
			for i, d := range c.dates {
				fmt.Fprintf(&file, "F-%d;Ruiz;%s\n", i, d)
			}
			o := auto()
			o.DateOrder = c.choice
			p := read(t, file.String(), o)
			var got []string
			for _, r := range p.Rows {
				switch d := r.Patient.BirthDate; r.State {
				case Faulty:
					got = append(got, string(errorsOf(p, r)[0].Problem))
				case New:
					got = append(got, fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day))
				default:
					got = append(got, string(r.State))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			needs := []Need(nil)
			if c.asks {
				needs = []Need{{NeedDateOrder, BirthDate}}
			}
			if p.Dialect.DateOrder != c.order || !cmp.Equal(p.Needs, needs) {
				t.Errorf("order %q, needs %v", p.Dialect.DateOrder, p.Needs)
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	const header = "MRN;Surname;DOB\n"
	for _, c := range []struct {
		name string
		file io.Reader
		want error
		line int
		code string
	}{
		{"nothing", strings.NewReader(""), ErrEmpty, 0, "file_empty"},
		{"a mark only", strings.NewReader("\uFEFF"), ErrEmpty, 0, "file_empty"},
		{"blank lines", strings.NewReader("\n ;; \r\n\n"), ErrEmpty, 0, "file_empty"},
		{"a workbook", strings.NewReader("PK\x03\x04xl/workbook.xml"), ErrNotText, 0, "file_not_text"},
		{"an old workbook", strings.NewReader("\xD0\xCF\x11\xE0\xA1\xB1"), ErrNotText, 0, "file_not_text"},
		{"UTF-16 without a mark", strings.NewReader("M\x00R\x00N\x00"), ErrNotText, 0, "file_not_text"},
		{"open quote", strings.NewReader(header + "F-1;Ruiz;1984-02-11\nF-2;\"Ruiz;1984-02-11\nF-3;Ruiz;1984-02-11\n"), ErrOpenQuote, 3, "file_open_quote"},
		{"open quote in the header", strings.NewReader("MRN;\"Surname;DOB\n"), ErrOpenQuote, 1, "file_open_quote"},
		{"too large", io.LimitReader(endless("a;b;c\n"), maxFileBytes+1), ErrFileTooLarge, 0, "file_too_large"},
		{"too many lines", strings.NewReader(header + strings.Repeat("\n", maxLines)), ErrTooManyLines, 0, "file_too_many_lines"},
		{"too many lines in quotes", strings.NewReader(header + "\"" + strings.Repeat("\n", maxLines) + "\""), ErrTooManyLines, 0, "file_too_many_lines"},
		{"too many columns", strings.NewReader("MRN;Surname;DOB" + strings.Repeat(";", maxColumns-2) + "\n"), ErrTooManyColumns, 1, "file_too_many_columns"},
		{"a file that breaks off", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(header))), iotest.ErrTimeout, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ReadPatients(c.file, auto())
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(Preview{}, p); diff != "" {
				t.Error("a preview beside an error:", diff)
			}
			var file *FileError
			if errors.As(err, &file) != (c.code != "") {
				t.Fatalf("%T", err)
			}
			if file != nil && (file.Line != c.line || file.Code() != c.code) {
				t.Errorf("line %d, code %q: %v", file.Line, file.Code(), file)
			}
		})
	}
	// The bounds themselves are good.
	full := header + "F-1;Ruiz;1984-02-11" + strings.Repeat("\n", maxLines-1)
	if p := read(t, full, auto()); p.Counts.New != 1 {
		t.Errorf("%+v", p.Counts)
	}
	if p := read(t, "MRN;Surname;DOB"+strings.Repeat(";", maxColumns-3)+"\n", auto()); len(p.Columns) != maxColumns {
		t.Errorf("%d columns", len(p.Columns))
	}
}

// endless repeats a text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(e), len(p)/len(e)+1)), nil
}

func TestOptionsThatAreNone(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no time":            func(o *Options) { o.Now = time.Time{} },
		"no such encoding":   func(o *Options) { o.Encoding = "utf-7" },
		"no such delimiter":  func(o *Options) { o.Delimiter = '|' },
		"no such date order": func(o *Options) { o.DateOrder = "year_last" },
		"no such field":      func(o *Options) { o.Columns = map[int]Field{1: "Phone"} },
		"no such column":     func(o *Options) { o.Columns = map[int]Field{4: FileNumber} },
		"column 0":           func(o *Options) { o.Columns = map[int]Field{0: FileNumber} },
	} {
		t.Run(name, func(t *testing.T) {
			o := auto()
			change(&o)
			if _, err := ReadPatients(strings.NewReader("MRN;Surname;DOB\n"), o); !errors.Is(err, ErrOptions) {
				t.Error(err)
			}
		})
	}
}

func TestEncodingIsTheCallers(t *testing.T) {
	file := windows1252("MRN;Surname;DOB\nF-1;Novák;1987-05-13\n")
	o := auto()
	o.Encoding = UTF8
	p := read(t, file, o)
	if p.Counts.Faulty != 1 || p.Errors[0].Problem != BadText || p.Errors[0].Text != "Nov<0xE1>k" || p.Dialect.EncodingGuessed {
		t.Errorf("%+v %v", p.Dialect, p.Errors)
	}
	o.Encoding = Windows1252
	if p = read(t, file, o); p.Rows[0].Patient.FamilyName != "Novák" || p.Dialect.EncodingGuessed {
		t.Errorf("%+v", p.Rows)
	}
}

// Read as Windows-1252 for one damaged byte, every other name would be wrong.
func TestDamagedUTF8StaysUTF8(t *testing.T) {
	p := read(t, "MRN;Surname;DOB\nF-1;Novák;1987-05-13\nF-2;Leïla;1987-05-13\nF-3;Jo\xE3o;1987-05-13\n", auto())
	if p.Dialect.Encoding != UTF8 || !p.Dialect.EncodingGuessed || p.Counts.New != 2 || p.Counts.Faulty != 1 || p.Errors[0].Text != "Jo<0xE3>o" {
		t.Errorf("%+v %+v %v", p.Dialect, p.Counts, p.Errors)
	}
}
