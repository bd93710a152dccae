package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
	"stipple/protocol"
)

// session is a practice from its set-up to a backup, in a folder. What a step has done
// is written into it when all of the step is done.
type session struct {
	dir, stick string
	code       string
	desk       *atDesk // nil: nobody is signed in
	patients   []clinical.Patient
	presets    []clinical.Preset
	v          clinical.Treatment
	backups    int
}

// step is one thing that somebody does. Most write once; several says that it is more
// than one write, of which some may be there where the last is not.
type step struct {
	name    string
	do      func(context.Context, *session) error
	several bool
}

func newSession(dir string) (*session, error) {
	code, err := vault.NewRecoveryCode()
	x := &session{dir: filepath.Join(dir, "data"), stick: filepath.Join(dir, "stick"), code: code}
	return x, errors.Join(err, os.MkdirAll(x.dir, 0o700), os.MkdirAll(x.stick, 0o700))
}

// script is what is done, in order.
func script() []step {
	steps := []step{{"set up and come in", enter, true}, {"sign out, and in again", again, true}}
	one := func(name string, do func(context.Context, *session) error) {
		steps = append(steps, step{name, do, false})
	}
	for n := range 3 {
		one("a patient", func(ctx context.Context, x *session) error { return x.addPatient(ctx, n) })
	}
	one("a patient's name", renamePatient)
	for n := range 2 {
		one("a preset", func(ctx context.Context, x *session) error { return x.addPreset(ctx, n) })
	}
	one("a treatment begins", begin)
	one("settings and arming", armed)
	for n := range 4 {
		one("pulses", func(ctx context.Context, x *session) error {
			return x.desk.store.AppendPulses(ctx, x.v.ID, somePulses(uint32(n*pulsesAtOnce)))
		})
	}
	one("an alarm", func(ctx context.Context, x *session) error {
		return x.desk.store.AppendAlarms(ctx, x.v.ID, []clinical.Alarm{{At: sessionTime(), Code: 4, Priority: "medium", Text: "impedance"}})
	})
	one("what the pen told", told)
	one("the signature", signed)
	one("a second treatment begins", begin)
	one("it ends", ended)
	one("a preset is changed", changePreset)
	one("a preset is deleted", func(ctx context.Context, x *session) error {
		return x.desk.store.DeletePreset(ctx, x.presets[1].Patient, x.presets[1].ID)
	})
	one("a setting", func(ctx context.Context, x *session) error {
		return x.desk.store.SaveSetting(ctx, "room", []byte("2"))
	})
	one("an entry of the audit chain", func(ctx context.Context, x *session) error {
		return x.desk.store.Audit(ctx, audit.Entry{Action: audit.BackupDrill, Subject: audit.Subject{Kind: audit.SubjectBackup, ID: "b"}})
	})
	return append(steps, step{"a backup", backUp, true}, step{"another backup", backUp, true})
}

// enter sets the practice up, or signs in to it where that is done, as the window does.
func enter(ctx context.Context, x *session) error {
	d, err := findDoor(x.dir, false, cheapKeys())
	if err != nil {
		return err
	}
	var e *entry
	if d.slots == nil {
		e, err = d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: x.code})
	} else {
		e, err = d.signIn("meyer", []byte(goodPassphrase))
	}
	if err != nil {
		return err
	}
	s, err := e.open(ctx, d.path)
	if err != nil {
		return errors.Join(err, e.keys.Close())
	}
	x.desk = &atDesk{e, s, x.dir}
	return nil
}

// again leaves and comes back.
func again(ctx context.Context, x *session) error {
	if x.desk != nil {
		err := x.desk.close()
		x.desk = nil
		if err != nil {
			return err
		}
	}
	return enter(ctx, x)
}

func sessionTime() time.Time { return time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC) }

func (x *session) addPatient(ctx context.Context, n int) error {
	p, err := x.desk.store.SavePatient(ctx, clinical.Patient{
		FamilyName: strings.Repeat("Ruiz ", 20) + "End", GivenName: "Ana", BirthDate: clinical.Date{Year: 1984, Month: 2, Day: 11},
		Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: fmt.Sprintf("F-%d", n),
	})
	if err == nil {
		x.patients = append(x.patients, p)
	}
	return err
}

func renamePatient(ctx context.Context, x *session) error {
	p := x.patients[0]
	p.GivenName = "Ana María"
	p, err := x.desk.store.SavePatient(ctx, p)
	if err == nil {
		x.patients[0] = p
	}
	return err
}

func sessionSettings(n int) clinical.Settings {
	return clinical.Settings{Depth: protocol.Micrometres(1500 + 100*n), Speed: 60, Power: 12000, Duration: 100}
}

func (x *session) addPreset(ctx context.Context, n int) error {
	p, err := x.desk.store.SavePreset(ctx, clinical.Preset{
		Patient: x.patients[0].ID, Name: fmt.Sprintf("Cheek %d", n), PenKind: clinical.RF, Indication: "acne_scars",
		Zone: "cheek_left", Settings: sessionSettings(n), SavedBy: "Dr A. Meyer",
	})
	if err == nil {
		x.presets = append(x.presets, p)
	}
	return err
}

func changePreset(ctx context.Context, x *session) error {
	p := x.presets[0]
	p.Settings = sessionSettings(5)
	_, err := x.desk.store.SavePreset(ctx, p)
	return err
}

func begin(ctx context.Context, x *session) error {
	v, err := x.desk.store.BeginTreatment(ctx, clinical.Treatment{
		Patient: x.patients[0].ID, Operator: clinical.Operator{ID: x.desk.who, Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician},
		PenKind: clinical.RF, PenModel: "R1", PenSerial: "0042", Indication: "acne_scars", Zone: "cheek_left",
	})
	if err == nil {
		x.v = v
	}
	return err
}

func armed(ctx context.Context, x *session) error {
	v := x.v
	v.Outcome = clinical.OutcomeOpen
	v.Applied = []clinical.Applied{{At: sessionTime(), Generation: 1, Settings: sessionSettings(0), SettingsHash: [8]byte{1}}}
	v.Arms = []clinical.ArmIntent{{At: sessionTime(), CommandID: 1, Settings: sessionSettings(0), SettingsHash: [8]byte{1}}}
	return x.revised(x.desk.store.AmendTreatment(ctx, v))
}

func (x *session) revised(v clinical.Treatment, err error) error {
	if err == nil {
		x.v = v
	}
	return err
}

// pulsesAtOnce are written together: about as many as an RF pen makes in five seconds.
const pulsesAtOnce = 25

func somePulses(from uint32) (all []clinical.Pulse) {
	for i := range uint32(pulsesAtOnce) {
		all = append(all, clinical.Pulse{
			Boot: 1, Index: from + i, ArmID: 1, At: sessionTime(), Set: sessionSettings(0), Depth: 1490, Speed: 60, Power: 11900, Duration: 100,
			Energy: 1190000, Strokes: 1, ImpedanceMin: 280, Impedance: 300, ImpedanceMax: 330, PeakTemp: 5710, Result: "complete", Pass: 1,
		})
	}
	return all
}

func told(ctx context.Context, x *session) error {
	const from = 4 * pulsesAtOnce
	v := x.v
	v.Outcome, v.Pulses = clinical.OutcomeUncertain, somePulses(from)
	v.Reconciled = clinical.Reconciliation{Cause: clinical.CauseLink, LedgerWhole: true, Spans: []clinical.PulseSpan{
		{From: from, To: from + pulsesAtOnce - 1, Finding: clinical.PulseTold},
	}}
	return x.revised(x.desk.store.ReconcileTreatment(ctx, v))
}

func signed(ctx context.Context, x *session) error {
	v := x.v
	v.Outcome = clinical.OutcomeReconciled
	v.Reconciled.Signature = clinical.Signature{By: v.Operator, Verdict: clinical.AsReconciled}
	return x.revised(x.desk.store.ReconcileTreatment(ctx, v))
}

func ended(ctx context.Context, x *session) error {
	v := x.v
	v.Outcome = clinical.OutcomeNotArmed
	return x.revised(x.desk.store.EndTreatment(ctx, v))
}

// backUp makes a backup, reads it back, and writes into the audit chain that it did. One
// that failed behind the backup leaves a good one.
func backUp(ctx context.Context, x *session) error {
	x.backups++
	_, _, err := x.desk.backup(ctx, x.stick, sessionTime().Add(time.Duration(x.backups)*time.Minute))
	return err
}

// account is what the store of who is signed in holds, without ids, times and what
// coming and going writes: the same for the same steps.
func (x *session) account(ctx context.Context) (string, error) {
	if x.desk == nil {
		return "", nil
	}
	s := x.desk.store
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	patients, total, err := s.SearchPatients(ctx, "", 100)
	if err != nil || total != len(patients) {
		return "", fmt.Errorf("%d of %d patients: %w", len(patients), total, err)
	}
	for _, p := range patients {
		history, err := s.PatientHistory(ctx, p.ID)
		presets, err2 := s.Presets(ctx, p.ID)
		treatments, err3 := s.Treatments(ctx, p.ID)
		if err := errors.Join(err, err2, err3); err != nil {
			return "", err
		}
		for _, h := range history {
			say("patient %s %d %s %s", h.FileNumber, h.Revision, h.GivenName, h.FamilyName)
		}
		for _, r := range presets {
			say("preset %s %d %v", r.Name, r.Revision, r.Settings)
		}
		for _, v := range treatments {
			say("treatment %s %d, ended %t, %d pulses, %d alarms, told %d", v.Outcome, v.Revision, !v.Ended.IsZero(), len(v.Pulses), len(v.Alarms), v.Tally().Told)
		}
	}
	operators, err := s.Operators(ctx)
	setting, err2 := s.Setting(ctx, "room")
	entries, err3 := s.AuditEntries(ctx, 0, 1000)
	if errors.Is(err2, store.ErrNotFound) {
		err2 = nil
	}
	if err := errors.Join(err, err2, err3); err != nil {
		return "", err
	}
	say("operators %d, setting %q", len(operators), setting)
	for _, e := range entries {
		switch e.Action {
		case audit.SignIn, audit.SignOut, audit.BackupMake:
		default:
			say("audit %s", e.Action)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// whole verifies all of the store, its audit chain and every backup.
func (x *session) whole(ctx context.Context) error {
	s := x.desk.store
	err := s.Verify(ctx)
	report, err2 := s.VerifyAudit(ctx, nil)
	if err2 == nil && !report.OK() {
		err2 = fmt.Errorf("audit: %v", report.Findings)
	}
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	made, err := os.ReadDir(x.stick)
	if err != nil {
		return err
	}
	for _, b := range made {
		if _, err := backup.Check(ctx, filepath.Join(x.stick, b.Name()), x.code, nil); err != nil {
			return fmt.Errorf("%s: %w", b.Name(), err)
		}
	}
	return nil
}
