package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/fold"
	"stipple/protocol"
)

// dossierFormat is what a file for another room calls itself, inside its seal.
const (
	dossierFormat  = "stipple patients"
	dossierVersion = 1
)

// Manifest is what a file for another room says of itself.
type Manifest struct {
	Made     time.Time
	Program  string // name and version of what wrote it
	Patients int
	Presets  int
}

// What can be wrong with a file for another room.
var (
	// ErrNoDossiers: what was sealed is no file of patients. Code "dossiers_other".
	ErrNoDossiers = coded.New("dossiers_other", "the file holds no patients from another room")
	// ErrNewerDossiers: a newer program wrote it. Code "dossiers_newer".
	ErrNewerDossiers = coded.New("dossiers_newer", "the file was written by a newer Stipple")
	// errDossierForm: it is not written as this program writes it.
	errDossierForm = errors.New("not in the form of the file")
	errBeyond      = errors.New("something stands behind the end")
)

// DossierError is what is wrong with one place of a file for another room. Nothing
// was read from the file. Code "dossier_bad".
type DossierError struct {
	Patient int    // from 1; 0: the file as a whole
	Preset  int    // of this patient, from 1; 0: the patient
	Field   string // as in package clinical; empty: all of it
	Problem Problem
	Err     error // what is wrong where it is no field; nil with a Problem
}

func (e *DossierError) Error() string {
	s := fmt.Sprintf("patient %d", e.Patient)
	if e.Preset > 0 {
		s += fmt.Sprintf(", preset %d", e.Preset)
	}
	if e.Field != "" {
		return fmt.Sprintf("%s: %s %s", s, e.Field, strings.ReplaceAll(string(e.Problem), "_", " "))
	}
	return fmt.Sprintf("%s: %v", s, e.Err)
}

func (e *DossierError) Unwrap() error { return e.Err }

// Code is "dossier_bad".
func (e *DossierError) Code() string { return "dossier_bad" }

// Args is the patient's number in the file.
func (e *DossierError) Args() []any { return []any{e.Patient} }

// The lines of the file, each a JSON object: the manifest, then a patient each.
type (
	manifestLine struct {
		Format   string    `json:"format"`
		Version  int       `json:"version"`
		Made     time.Time `json:"made"`
		Program  string    `json:"program"`
		Patients int       `json:"patients"`
		Presets  int       `json:"presets"`
	}
	patientLine struct {
		ID          string       `json:"id"`
		Revision    int          `json:"revision"`
		FamilyName  string       `json:"family_name"`
		GivenName   string       `json:"given_name"`
		BirthDate   string       `json:"birth_date"`
		Sex         string       `json:"sex"`
		Fitzpatrick uint8        `json:"fitzpatrick"`
		FileNumber  string       `json:"file_number"`
		Created     time.Time    `json:"created"`
		Updated     time.Time    `json:"updated"`
		Presets     []presetLine `json:"presets"`
	}
	presetLine struct {
		ID         string    `json:"id"`
		Revision   int       `json:"revision"`
		Name       string    `json:"name"`
		PenKind    string    `json:"pen_kind"`
		Indication string    `json:"indication"`
		Zone       string    `json:"zone"`
		DepthUM    int32     `json:"depth_um"`
		SpeedSPM   int32     `json:"speed_spm"`
		PowerMW    int32     `json:"power_mw"`
		PulseMS    int32     `json:"pulse_ms"`
		SavedAt    time.Time `json:"saved_at"`
		SavedBy    string    `json:"saved_by"`
	}
)

// WriteDossiers writes patients with their presets for another room: a line that says
// what follows, and a line for each. What it writes is readable: the caller seals it.
// told, which may be nil, is called with the number of patients so far. The error is
// w's, or a *FileError or *DossierError for what is beyond the bounds of ReadDossiers.
func WriteDossiers(w io.Writer, made time.Time, program string, all []clinical.Dossier, told func(done int)) (Manifest, error) {
	m := Manifest{Made: made.UTC().Truncate(time.Second), Program: program, Patients: len(all)}
	for _, d := range all {
		m.Presets += len(d.Presets)
	}
	if m.Patients > maxDossiers {
		return Manifest{}, &FileError{Err: ErrFileTooLarge, Bound: maxDossiers}
	}
	out := &dossierWriter{to: bufio.NewWriter(w)}
	err := out.line(manifestLine{dossierFormat, dossierVersion, m.Made, m.Program, m.Patients, m.Presets})
	for i := 0; i < len(all) && err == nil; i++ {
		if len(all[i].Presets) > maxPresets {
			return Manifest{}, &DossierError{Patient: i + 1, Field: "Presets", Problem: TooLong}
		}
		err = out.line(lineOf(all[i]))
		if told != nil {
			told(i + 1)
		}
	}
	if err == nil {
		err = out.to.Flush()
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("export: %w", err)
	}
	return m, nil
}

// dossierWriter writes lines within the bounds of what is read.
type dossierWriter struct {
	to      *bufio.Writer
	written int
}

func (w *dossierWriter) line(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	w.written += len(line)
	switch {
	case len(line) > maxDossierBytes:
		return &FileError{Err: ErrFileTooLarge, Bound: maxDossierBytes}
	case w.written > maxDossiersBytes:
		return &FileError{Err: ErrFileTooLarge, Bound: maxDossiersBytes}
	}
	_, err = w.to.Write(line)
	return err
}

func lineOf(d clinical.Dossier) patientLine {
	p := d.Patient
	l := patientLine{
		ID: string(p.ID), Revision: p.Revision, FamilyName: p.FamilyName, GivenName: p.GivenName, BirthDate: dateLine(p.BirthDate),
		Sex: string(p.Sex), Fitzpatrick: uint8(p.Fitzpatrick), FileNumber: p.FileNumber, Created: p.Created.UTC(), Updated: p.Updated.UTC(),
		Presets: []presetLine{},
	}
	for _, s := range d.Presets {
		l.Presets = append(l.Presets, presetLine{
			ID: string(s.ID), Revision: s.Revision, Name: s.Name, PenKind: string(s.PenKind), Indication: string(s.Indication), Zone: string(s.Zone),
			DepthUM: int32(s.Settings.Depth), SpeedSPM: int32(s.Settings.Speed), PowerMW: int32(s.Settings.Power), PulseMS: int32(s.Settings.Duration),
			SavedAt: s.SavedAt.UTC(), SavedBy: s.SavedBy,
		})
	}
	return l
}

func dateLine(d clinical.Date) string { return day(d).text }

// ReadDossiers reads what WriteDossiers wrote, to its end and with nothing left out:
// one place that is not as it should be refuses the whole file. now is the time by
// which a birth date lies in the future. told is called with the patients so far.
//
// Errors: ErrNoDossiers; ErrNewerDossiers; ErrFileTooLarge inside a *FileError;
// *DossierError with the place; r's own, wrapped.
func ReadDossiers(r io.Reader, now time.Time, told func(done, of int)) (Manifest, []clinical.Dossier, error) {
	in := &lines{from: bufio.NewReaderSize(r, maxDossierBytes)}
	m, err := in.manifest()
	if err != nil {
		return Manifest{}, nil, err
	}
	b := dossiers{now: now, ids: map[clinical.ID]bool{}, numbers: map[string]bool{}}
	for i := range m.Patients {
		line, err := in.next()
		if err == nil {
			err = b.take(i+1, line)
		} else if errors.Is(err, io.EOF) {
			err = &DossierError{Patient: i + 1, Err: io.ErrUnexpectedEOF}
		}
		if err != nil {
			return Manifest{}, nil, err
		}
		if told != nil {
			told(i+1, m.Patients)
		}
	}
	switch _, err := in.next(); {
	case err == nil:
		return Manifest{}, nil, &DossierError{Patient: m.Patients + 1, Err: errBeyond}
	case !errors.Is(err, io.EOF):
		return Manifest{}, nil, err
	case b.presets != m.Presets:
		return Manifest{}, nil, &DossierError{Err: fmt.Errorf("%d presets, and the file promises %d", b.presets, m.Presets)}
	}
	return m, b.all, nil
}

// lines reads lines of a bounded length, and not more than a bounded file.
type lines struct {
	from *bufio.Reader
	read int
}

// next is the next line without its end. io.EOF at the end, and nowhere else.
func (l *lines) next() ([]byte, error) {
	line, err := l.from.ReadSlice('\n')
	l.read += len(line)
	switch {
	case l.read > maxDossiersBytes:
		return nil, &FileError{Err: ErrFileTooLarge, Bound: maxDossiersBytes}
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, &FileError{Err: ErrFileTooLarge, Bound: maxDossierBytes}
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err == io.EOF:
		return nil, io.EOF
	}
	return nil, fmt.Errorf("read: %w", err)
}

// manifest reads the first line.
func (l *lines) manifest() (Manifest, error) {
	line, err := l.next()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Manifest{}, ErrNoDossiers
	}
	if err != nil {
		return Manifest{}, err
	}
	var head struct {
		Format  string
		Version int
	}
	switch err := json.Unmarshal(line, &head); {
	case err != nil || head.Format != dossierFormat || head.Version < 1:
		return Manifest{}, ErrNoDossiers
	case head.Version > dossierVersion:
		return Manifest{}, ErrNewerDossiers
	}
	m, err := exactly[manifestLine](line)
	switch {
	case err != nil:
		return Manifest{}, &DossierError{Err: err}
	case m.Patients < 0 || m.Patients > maxDossiers || m.Presets < 0 || m.Presets > maxDossiers*maxPresets:
		return Manifest{}, &FileError{Err: ErrFileTooLarge, Bound: maxDossiers}
	case textProblem(m.Program, maxProgramRunes) != "":
		return Manifest{}, &DossierError{Err: errDossierForm}
	}
	return Manifest{Made: m.Made, Program: m.Program, Patients: m.Patients, Presets: m.Presets}, nil
}

// exactly reads a line that is written as this program writes it, to the byte: no field
// more, none twice, nothing that could be read in two ways.
func exactly[T any](line []byte) (v T, err error) {
	if err := json.Unmarshal(line, &v); err != nil {
		return v, fmt.Errorf("%w: %w", errDossierForm, err)
	}
	again, err := json.Marshal(v)
	if err != nil || !bytes.Equal(again, line) {
		return v, errDossierForm
	}
	return v, nil
}

// dossiers collects what was read and is good.
type dossiers struct {
	now     time.Time
	ids     map[clinical.ID]bool
	numbers map[string]bool
	presets int
	all     []clinical.Dossier
}

// take reads the line of the n-th patient.
func (b *dossiers) take(n int, line []byte) error {
	l, err := exactly[patientLine](line)
	switch {
	case err != nil:
		return &DossierError{Patient: n, Err: err}
	case len(l.Presets) > maxPresets:
		return &DossierError{Patient: n, Field: "Presets", Problem: TooLong}
	}
	d := clinical.Dossier{Patient: clinical.Patient{
		ID: clinical.ID(l.ID), Revision: l.Revision, FamilyName: l.FamilyName, GivenName: l.GivenName,
		Sex: clinical.Sex(l.Sex), Fitzpatrick: clinical.Fitzpatrick(l.Fitzpatrick), FileNumber: l.FileNumber, Created: l.Created, Updated: l.Updated,
	}}
	birth, err := time.Parse(time.DateOnly, l.BirthDate)
	if err != nil {
		return &DossierError{Patient: n, Field: "BirthDate", Problem: BadValue}
	}
	d.Patient.BirthDate = clinical.Date{Year: birth.Year(), Month: birth.Month(), Day: birth.Day()}
	if field, problem := b.patient(d.Patient); problem != "" {
		return &DossierError{Patient: n, Field: field, Problem: problem}
	}
	mine := map[clinical.ID]bool{}
	for i, s := range l.Presets {
		p := s.preset(d.Patient.ID)
		field, problem := b.preset(p)
		if mine[p.ID] {
			field, problem = "ID", Duplicate
		}
		if problem != "" {
			return &DossierError{Patient: n, Preset: i + 1, Field: field, Problem: problem}
		}
		mine[p.ID] = true
		d.Presets = append(d.Presets, p)
	}
	b.ids[d.Patient.ID], b.numbers[fold.Number(d.Patient.FileNumber)] = true, true
	b.presets += len(d.Presets)
	b.all = append(b.all, d)
	return nil
}

func (s presetLine) preset(patient clinical.ID) clinical.Preset {
	return clinical.Preset{
		ID: clinical.ID(s.ID), Revision: s.Revision, Patient: patient, Name: s.Name, PenKind: clinical.PenKind(s.PenKind),
		Indication: clinical.IndicationKey(s.Indication), Zone: clinical.ZoneKey(s.Zone),
		Settings: clinical.Settings{
			Depth: protocol.Micrometres(s.DepthUM), Speed: protocol.StrokesPerMinute(s.SpeedSPM),
			Power: protocol.Milliwatts(s.PowerMW), Duration: protocol.Milliseconds(s.PulseMS),
		},
		SavedAt: s.SavedAt, SavedBy: s.SavedBy,
	}
}

// check is a field with what is wrong with it; none: nothing.
type check struct {
	field   string
	problem Problem
}

func first(checks ...check) (string, Problem) {
	for _, c := range checks {
		if c.problem != "" {
			return c.field, c.problem
		}
	}
	return "", ""
}

// unless is a problem unless something holds.
func unless(ok bool, p Problem) Problem {
	if ok {
		return ""
	}
	return p
}

// stored is what is wrong with a text, or that no store keeps it with such blanks.
func stored(s string, p Problem) Problem {
	if p == "" && tidy(s) != s {
		return BadText
	}
	return p
}

// patient is what the store would refuse of a patient, and what another of the file has.
func (b *dossiers) patient(p clinical.Patient) (string, Problem) {
	return first(
		check{"ID", unless(isID(p.ID), BadValue)},
		check{"ID", unless(!b.ids[p.ID], Duplicate)},
		check{"Revision", unless(p.Revision >= 1, BadValue)},
		check{"FamilyName", stored(p.FamilyName, needed(p.FamilyName, maxNameRunes))},
		check{"GivenName", stored(p.GivenName, textProblem(p.GivenName, maxNameRunes))},
		check{"BirthDate", plausible(p.BirthDate, b.now)},
		check{"Sex", unless(knownSex(p.Sex), BadValue)},
		check{"Fitzpatrick", unless(p.Fitzpatrick <= clinical.FitzpatrickVI, BadValue)},
		check{"FileNumber", stored(p.FileNumber, needed(p.FileNumber, maxFileNumberRunes))},
		check{"FileNumber", unless(!b.numbers[fold.Number(p.FileNumber)], Duplicate)},
	)
}

// preset is what the store would refuse of a preset.
func (b *dossiers) preset(p clinical.Preset) (string, Problem) {
	s := p.Settings
	powers := s.Power >= 0 && s.Duration > 0
	if p.PenKind == clinical.Needling {
		powers = s.Power == 0 && s.Duration == 0
	}
	return first(
		check{"ID", unless(isID(p.ID), BadValue)},
		check{"Revision", unless(p.Revision >= 1, BadValue)},
		check{"Name", stored(p.Name, needed(p.Name, maxNameRunes))},
		check{"PenKind", unless(p.PenKind == clinical.Needling || p.PenKind == clinical.RF, BadValue)},
		check{"Indication", keyProblem(string(p.Indication))},
		check{"Zone", keyProblem(string(p.Zone))},
		check{"Settings", unless(s.Depth >= 0 && s.Speed > 0 && powers, BadValue)},
		check{"SavedBy", stored(p.SavedBy, textProblem(p.SavedBy, maxNameRunes))},
	)
}

func keyProblem(s string) Problem {
	switch {
	case s == "":
		return Missing
	case len(s) > maxKeyBytes:
		return TooLong
	}
	return unless(strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "", BadValue)
}

func knownSex(s clinical.Sex) bool {
	switch s {
	case clinical.SexUnstated, clinical.Female, clinical.Male, clinical.SexOther:
		return true
	}
	return false
}

// isID says whether an id has the form of the store's.
func isID(id clinical.ID) bool {
	return len(id) == idLen && id[0] <= '7' && strings.Trim(string(id), "0123456789abcdefghjkmnpqrstvwxyz") == ""
}
