package console

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stipple/app/clinical"
)

// Signature is a senior clinician's, given at the console of somebody else: it says that
// a role or a passphrase may be given, and it is the key without which no way in can
// open patients.
type Signature struct {
	SignIn     string
	Passphrase []byte
}

// NewOperator is somebody who is to work here.
type NewOperator struct {
	// ID is that of one who is on the list already: who left and comes back, or whose
	// way in was never made. Empty: somebody new.
	ID         clinical.ID
	Name       string
	Role       clinical.Role
	SignIn     string
	Passphrase []byte
	Signature  Signature // for a clinical role
}

// OperatorChange is another name or role of somebody who works here.
type OperatorChange struct {
	ID   clinical.ID
	Name string
	Role clinical.Role
	// Passphrase is a new one, where the role is the first that can open patients: the
	// way in has to be made anew for it.
	Passphrase []byte
	Signature  Signature // see clinical.GrantsClinical
}

// NewPassphrase is for somebody who works here and has forgotten theirs.
type NewPassphrase struct {
	ID         clinical.ID
	Passphrase []byte
	Signature  Signature // where the role can open patients
}

// StaffField is a field of a form about the staff.
type StaffField string

// The fields.
const (
	StaffName       StaffField = "Name"
	StaffRole       StaffField = "Role"
	StaffSignIn     StaffField = "SignIn"
	StaffPassphrase StaffField = "Passphrase"
	StaffSignature  StaffField = "Signature"
)

// StaffError is a form about the staff that was refused, field by field. Nothing was
// done.
type StaffError struct{ Fields map[StaffField]error }

func (e *StaffError) Error() string {
	var all []string
	for f, err := range e.Fields {
		all = append(all, string(f)+" "+err.Error())
	}
	slices.Sort(all)
	return "staff refused: " + strings.Join(all, ", ")
}

// Code is "invalid".
func (e *StaffError) Code() string { return "invalid" }

// Unwrap is what was wrong with the fields.
func (e *StaffError) Unwrap() []error {
	var all []error
	for _, err := range e.Fields {
		all = append(all, err)
	}
	return all
}

// HalfError is a change of the staff of which only the first half was done: the list and
// the ways in are in two files. Nobody can open more than the list says, and the same
// change can be made again.
type HalfError struct {
	Name  string // whose
	Cause error
}

func (e *HalfError) Error() string {
	return fmt.Sprintf("only half of the change of %s was done: %v", e.Name, e.Cause)
}

// Code is "staff_half".
func (e *HalfError) Code() string { return "staff_half" }

// Args are whose change it was.
func (e *HalfError) Args() []any { return []any{e.Name} }

// Unwrap is why the other half was not.
func (e *HalfError) Unwrap() error { return e.Cause }

// Staff lists who works in the clinic and who did, by name, and behind them the ways in
// that belong to nobody.
func (d *Desk) Staff(done func(clinical.Staff, error)) {
	read(d, clinical.PermitOperators, nil, func(ctx context.Context) (func() clinical.Staff, error) {
		all, err := d.cfg.Staff.Staff(ctx)
		return func() clinical.Staff {
			d.tookStaff(all)
			return all
		}, err
	}, done)
}

// AddOperator takes somebody up, with a way in. done gets the new list. Like each change
// of the staff it takes about a second, and wipes the secrets that it was given. Errors:
// *NotPermittedError, *StaffError, *HalfError, those of clinical.Staff, those of the
// disk; ErrOtherOperator where it was done and somebody else is at work by then.
func (d *Desk) AddOperator(n NewOperator, done func(clinical.Staff, error)) {
	d.changeStaff(func(ctx context.Context) (clinical.Staff, error) {
		return d.cfg.Staff.AddOperator(ctx, n)
	}, done, n.Passphrase, n.Signature.Passphrase)
}

// ChangeOperator gives somebody who works here another name or role.
func (d *Desk) ChangeOperator(c OperatorChange, done func(clinical.Staff, error)) {
	d.changeStaff(func(ctx context.Context) (clinical.Staff, error) {
		return d.cfg.Staff.ChangeOperator(ctx, c)
	}, done, c.Passphrase, c.Signature.Passphrase)
}

// RenewPassphrase gives somebody who works here a new passphrase.
func (d *Desk) RenewPassphrase(p NewPassphrase, done func(clinical.Staff, error)) {
	d.changeStaff(func(ctx context.Context) (clinical.Staff, error) {
		return d.cfg.Staff.RenewPassphrase(ctx, p)
	}, done, p.Passphrase, p.Signature.Passphrase)
}

// RemoveOperator takes somebody off the list, with their way in, or a way in that
// belongs to nobody. What they did stays on record.
func (d *Desk) RemoveOperator(id clinical.ID, done func(clinical.Staff, error)) {
	d.changeStaff(func(ctx context.Context) (clinical.Staff, error) {
		return d.cfg.Staff.RemoveOperator(ctx, id)
	}, done)
}

// changeStaff runs a change for who may make one.
func (d *Desk) changeStaff(change func(context.Context) (clinical.Staff, error), done func(clinical.Staff, error), secrets ...[]byte) {
	wipe := func() {
		for _, s := range secrets {
			clear(s)
		}
	}
	refused := func(err error) {
		wipe()
		done(nil, err)
	}
	d.permittedTo(clinical.PermitOperators, refused, func() {
		turn := d.turn
		d.job(func(ctx context.Context) func() {
			all, err := change(ctx)
			wipe()
			return func() {
				if err == nil {
					d.tookStaff(all)
					d.publish()
				}
				if err == nil && turn != d.turn {
					all, err = nil, ErrOtherOperator
				}
				done(all, err)
			}
		})
	})
}

// loadStaff reads whether there is an administrator, where Prepare has not.
func (d *Desk) loadStaff() {
	if d.staffKnown {
		return
	}
	d.again(func(ctx context.Context) (func(), error) {
		all, err := d.cfg.Staff.Staff(ctx)
		return func() { d.tookStaff(all) }, err
	})
}

// tookStaff takes in the list: whether there is an administrator, and the name of who is
// at work, which may have just been changed.
func (d *Desk) tookStaff(all clinical.Staff) {
	d.staffKnown = true
	d.vacant = !d.cfg.Training && all.Vacant()
	m, found := all.Find(d.operator.ID)
	if !found || m.Name == "" || m.Name == d.operator.Name {
		return
	}
	d.operator.Name = m.Name
	d.operators = slices.Clone(d.operators) // views have the old one
	for i := range d.operators {
		if d.operators[i].ID == m.ID {
			d.operators[i].Name = m.Name
		}
	}
}
