package console_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device/sim"
	"stipple/protocol"
)

// calls are what the stores were asked for, and by how much they are late.
type calls struct {
	mu   sync.Mutex
	all  []string
	late atomic.Int64 // ns
}

// call notes a call, and takes its time.
func (c *calls) call(name string) {
	c.mu.Lock()
	c.all = append(c.all, name)
	c.mu.Unlock()
	time.Sleep(time.Duration(c.late.Load()))
}

// take is what was called since the last time.
func (c *calls) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.all
	c.all = nil
	return out
}

type countedPatients struct {
	in console.Patients
	c  *calls
}

func (p countedPatients) SavePatient(ctx context.Context, v clinical.Patient) (clinical.Patient, error) {
	p.c.call("SavePatient")
	return p.in.SavePatient(ctx, v)
}

func (p countedPatients) Patient(ctx context.Context, id clinical.ID) (clinical.Patient, error) {
	p.c.call("Patient")
	return p.in.Patient(ctx, id)
}

func (p countedPatients) SearchPatients(ctx context.Context, query string, limit int) ([]clinical.Patient, int, error) {
	p.c.call("SearchPatients")
	return p.in.SearchPatients(ctx, query, limit)
}

func (p countedPatients) Touch(ctx context.Context, id clinical.ID) error {
	p.c.call("Touch")
	return p.in.Touch(ctx, id)
}

type countedErasures struct {
	in console.Erasures
	c  *calls
}

func (e countedErasures) ErasePatient(ctx context.Context, id clinical.ID, reason string) (clinical.Erased, error) {
	e.c.call("ErasePatient")
	return e.in.ErasePatient(ctx, id, reason)
}

type countedPresets struct {
	in console.Presets
	c  *calls
}

func (p countedPresets) SavePreset(ctx context.Context, v clinical.Preset) (clinical.Preset, error) {
	p.c.call("SavePreset")
	return p.in.SavePreset(ctx, v)
}

func (p countedPresets) Presets(ctx context.Context, id clinical.ID) ([]clinical.Preset, error) {
	p.c.call("Presets")
	return p.in.Presets(ctx, id)
}

func (p countedPresets) PresetHistory(ctx context.Context, patient, preset clinical.ID) ([]clinical.Preset, error) {
	p.c.call("PresetHistory")
	return p.in.PresetHistory(ctx, patient, preset)
}

func (p countedPresets) DeletePreset(ctx context.Context, patient, preset clinical.ID) error {
	p.c.call("DeletePreset")
	return p.in.DeletePreset(ctx, patient, preset)
}

type countedRecords struct {
	console.Records
	c *calls
}

func (r countedRecords) BeginTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	r.c.call("BeginTreatment")
	return r.Records.BeginTreatment(ctx, t)
}

func (r countedRecords) AmendTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	r.c.call("AmendTreatment")
	return r.Records.AmendTreatment(ctx, t)
}

func (r countedRecords) AppendPulses(ctx context.Context, id clinical.ID, p []clinical.Pulse) error {
	r.c.call("AppendPulses")
	return r.Records.AppendPulses(ctx, id, p)
}

func (r countedRecords) AppendAlarms(ctx context.Context, id clinical.ID, a []clinical.Alarm) error {
	r.c.call("AppendAlarms")
	return r.Records.AppendAlarms(ctx, id, a)
}

func (r countedRecords) AppendHandOvers(ctx context.Context, id clinical.ID, h []clinical.HandOver) error {
	r.c.call("AppendHandOvers")
	return r.Records.AppendHandOvers(ctx, id, h)
}

func (r countedRecords) EndTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	r.c.call("EndTreatment")
	return r.Records.EndTreatment(ctx, t)
}

func (r countedRecords) ReconcileTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	r.c.call("ReconcileTreatment")
	return r.Records.ReconcileTreatment(ctx, t)
}

func (r countedRecords) Treatment(ctx context.Context, id clinical.ID) (clinical.Treatment, error) {
	r.c.call("Treatment")
	return r.Records.Treatment(ctx, id)
}

func (r countedRecords) Treatments(ctx context.Context, id clinical.ID) ([]clinical.Treatment, error) {
	r.c.call("Treatments")
	return r.Records.Treatments(ctx, id)
}

func (r countedRecords) OpenTreatments(ctx context.Context) ([]clinical.Treatment, error) {
	r.c.call("OpenTreatments")
	return r.Records.OpenTreatments(ctx)
}

func (r countedRecords) NewestRecord(ctx context.Context) (time.Time, error) {
	r.c.call("NewestRecord")
	return r.Records.NewestRecord(ctx)
}

// list is a staff of which the store's operators are all that there is.
type list struct{ *store.Store }

func (l list) Staff(ctx context.Context) (all clinical.Staff, err error) {
	operators, err := l.Everybody(ctx)
	for _, o := range operators {
		all = append(all, clinical.Member{Operator: o, SignIn: string(o.ID)})
	}
	return all, err
}

func (l list) AddOperator(ctx context.Context, n console.NewOperator) (clinical.Staff, error) {
	return l.saved(ctx, clinical.Operator{Name: n.Name, Role: n.Role})
}

func (l list) ChangeOperator(ctx context.Context, c console.OperatorChange) (clinical.Staff, error) {
	return l.saved(ctx, clinical.Operator{ID: c.ID, Name: c.Name, Role: c.Role})
}

func (l list) RenewPassphrase(ctx context.Context, _ console.NewPassphrase) (clinical.Staff, error) {
	return l.Staff(ctx)
}

func (l list) RemoveOperator(ctx context.Context, _ clinical.ID) (clinical.Staff, error) {
	return l.Staff(ctx)
}

func (l list) saved(ctx context.Context, o clinical.Operator) (clinical.Staff, error) {
	if _, err := l.SaveOperator(ctx, o); err != nil {
		return nil, err
	}
	return l.Staff(ctx)
}

// countedStaff is a staff that is counted.
type countedStaff struct {
	in console.Staff
	c  *calls
}

func (s countedStaff) Staff(ctx context.Context) (clinical.Staff, error) {
	s.c.call("Staff")
	return s.in.Staff(ctx)
}

func (s countedStaff) AddOperator(ctx context.Context, n console.NewOperator) (clinical.Staff, error) {
	s.c.call("AddOperator")
	return s.in.AddOperator(ctx, n)
}

func (s countedStaff) ChangeOperator(ctx context.Context, c console.OperatorChange) (clinical.Staff, error) {
	s.c.call("ChangeOperator")
	return s.in.ChangeOperator(ctx, c)
}

func (s countedStaff) RenewPassphrase(ctx context.Context, p console.NewPassphrase) (clinical.Staff, error) {
	s.c.call("RenewPassphrase")
	return s.in.RenewPassphrase(ctx, p)
}

func (s countedStaff) RemoveOperator(ctx context.Context, id clinical.ID) (clinical.Staff, error) {
	s.c.call("RemoveOperator")
	return s.in.RemoveOperator(ctx, id)
}

// newCountedBench is newBench with stores that are counted.
func newCountedBench(t *testing.T, before func(*bench)) (*bench, *calls) {
	t.Helper()
	c := new(calls)
	b := newBenchFrom(t, sim.R1, true, before, func(cfg *console.Config) {
		cfg.Patients = countedPatients{cfg.Patients, c}
		cfg.Presets = countedPresets{cfg.Presets, c}
		cfg.Erasures = countedErasures{cfg.Erasures, c}
		cfg.Records = countedRecords{cfg.Records, c}
		cfg.Files = countedFiles{c}
		cfg.Staff = countedStaff{cfg.Staff, c}
		cfg.Exchange = countedExchange{c}
		cfg.Backups = &countedBackups{c: c}
		cfg.Simulate = func(clinical.PenKind) { c.call("Simulate") }
	})
	return b, c
}

// sent notes what leaves for the pen and changes it or makes it give something.
func (b *bench) sent(c *calls) {
	b.look(func(m protocol.Message) {
		if protocol.RolesOf(m.Type()) != nil {
			c.mu.Lock()
			c.all = append(c.all, m.Type().String())
			c.mu.Unlock()
		}
	})
}

// work brings another operator to the desk: one of a role who is not there now;
// "" is nobody.
func (b *bench) work(role clinical.Role) clinical.Operator {
	b.t.Helper()
	v := b.until("operators", func(v *console.View) bool { return len(v.Operators) > 0 })
	var o clinical.Operator
	if role != "" {
		i := slices.IndexFunc(v.Operators, func(o clinical.Operator) bool { return o.Role == role && o != v.Operator })
		if i < 0 {
			b.t.Fatalf("no other %s", role)
		}
		o = v.Operators[i]
	}
	b.desk.ChooseOperator(o.ID)
	b.until("the other operator", func(v *console.View) bool { return v.Operator == o })
	return o
}
