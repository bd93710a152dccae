package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

// staff is who works in a practice: the list in the store, and the ways in beside it.
//
// These are two files, and the program may end between them. Access is taken first and
// given last, so that whatever ends half way opens no more than the list says: somebody
// on the list without a way in, or with one that opens less than the role. Both show in
// the list, and the same change can be made again. What a slot is given stands in the
// audit chain before it is given.
type staff struct {
	store *store.Store
	slots *vault.Slots
	keys  func() *vault.Vault // of who is signed in
	now   func() time.Time

	mu      sync.Mutex // a change is judged by the list that it changes
	between func()     // called between the two files; nil outside tests
}

var _ console.Staff = (*staff)(nil)

// Staff implements console.Staff.
func (s *staff) Staff(ctx context.Context) (clinical.Staff, error) {
	list, err := s.store.Everybody(ctx)
	if err != nil {
		return nil, err
	}
	return staffOf(list, s.slots.People()), nil
}

// staffOf puts the list and the ways in together.
func staffOf(list []clinical.Operator, people []vault.Person) clinical.Staff {
	all := make(clinical.Staff, 0, len(list))
	for _, o := range list {
		all = append(all, clinical.Member{Operator: o, Since: store.Made(o.ID)})
	}
	for _, p := range people {
		i := slices.IndexFunc(all, func(m clinical.Member) bool { return m.ID == p.ID })
		if i < 0 {
			i = len(all)
			all = append(all, clinical.Member{Operator: clinical.Operator{ID: p.ID}})
		}
		all[i].SignIn, all[i].HoldsPatients = p.SignIn, p.HoldsPatients
	}
	return all
}

// AddOperator implements console.Staff.
func (s *staff) AddOperator(ctx context.Context, n console.NewOperator) (clinical.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.Staff(ctx)
	if err == nil {
		err = all.MayAdd(audit.Who(ctx).Operator, n.ID, n.Role)
	}
	if err == nil {
		err = s.slots.Full() // before anything is written
	}
	if err != nil {
		return nil, err
	}
	o := clinical.Operator{ID: n.ID, Name: n.Name, Role: n.Role}
	before, _ := all.Find(n.ID)
	w := wayIn{before: before, signIn: n.SignIn, patients: n.Role.HoldsPatients(), passphrase: n.Passphrase}
	var form staffForm
	form.signIn(all, n)
	form.passphrase(n.SignIn, n.Passphrase)
	if err := s.checked(ctx, o, &form); err != nil {
		return nil, err
	}
	by, err := s.signed(ctx, all, n.Signature, w.patients)
	if err != nil {
		return nil, err
	}
	defer by.end()
	save := s.store.SaveOperator
	if o.ID == "" {
		if o.ID, err = store.NewID(); err != nil {
			return nil, err
		}
		save = s.store.AddOperator
	}
	if o, err = save(by.ctx, o); err != nil {
		return nil, err
	}
	s.pause()
	if err := s.give(by, o, w); err != nil {
		return nil, err
	}
	return s.Staff(ctx)
}

// ChangeOperator implements console.Staff.
func (s *staff) ChangeOperator(ctx context.Context, c console.OperatorChange) (clinical.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.Staff(ctx)
	if err == nil {
		err = all.MayChange(audit.Who(ctx).Operator, c.ID, c.Role)
	}
	if err != nil {
		return nil, err
	}
	before, _ := all.Find(c.ID)
	o := clinical.Operator{ID: c.ID, Name: c.Name, Role: c.Role}
	// A way in that is to open patients is made anew, since only its passphrase opens it.
	anew := before.SignIn != "" && c.Role.HoldsPatients() && !before.Role.HoldsPatients()
	var form staffForm
	if anew {
		form.passphrase(before.SignIn, c.Passphrase)
	}
	if err := s.checked(ctx, o, &form); err != nil {
		return nil, err
	}
	by, err := s.signed(ctx, all, c.Signature, clinical.GrantsClinical(before.Role, c.Role))
	if err != nil {
		return nil, err
	}
	defer by.end()
	taken := before.HoldsPatients && !c.Role.HoldsPatients()
	if taken {
		if err := s.slots.Restrict(c.ID); err != nil {
			return nil, err
		}
		s.pause()
	}
	if o, err = s.store.SaveOperator(by.ctx, o); err != nil {
		return nil, half(taken, before.Name, err)
	}
	if anew {
		s.pause()
		if err := s.give(by, o, wayIn{before: before, signIn: before.SignIn, patients: true, passphrase: c.Passphrase}); err != nil {
			return nil, err
		}
	}
	return s.Staff(ctx)
}

// RenewPassphrase implements console.Staff.
func (s *staff) RenewPassphrase(ctx context.Context, p console.NewPassphrase) (clinical.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.Staff(ctx)
	if err == nil {
		err = all.MayRenew(audit.Who(ctx).Operator, p.ID)
	}
	if err != nil {
		return nil, err
	}
	before, _ := all.Find(p.ID)
	w := wayIn{before: before, signIn: before.SignIn, patients: before.Role.HoldsPatients(), passphrase: p.Passphrase}
	var form staffForm
	form.passphrase(before.SignIn, p.Passphrase)
	if err := form.err(); err != nil {
		return nil, err
	}
	by, err := s.signed(ctx, all, p.Signature, w.patients)
	if err != nil {
		return nil, err
	}
	defer by.end()
	if err := s.give(by, before.Operator, w); err != nil {
		return nil, err
	}
	return s.Staff(ctx)
}

// RemoveOperator implements console.Staff.
func (s *staff) RemoveOperator(ctx context.Context, id clinical.ID) (clinical.Staff, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.Staff(ctx)
	if err == nil {
		err = all.MayRemove(audit.Who(ctx).Operator, id)
	}
	if err != nil {
		return nil, err
	}
	m, _ := all.Find(id)
	if m.SignIn != "" {
		if err := s.slots.Remove(id); err != nil {
			return nil, err
		}
		s.pause()
	}
	if m.Works() {
		o := m.Operator
		o.Left = true
		_, err = s.store.SaveOperator(ctx, o)
	} else {
		err = s.store.Audit(ctx, audit.Entry{
			Action: audit.OperatorRemove, Subject: operatorSubject(id),
			Changes: []audit.Change{{Field: "sign_in", Before: audit.Text(m.SignIn)}},
		})
	}
	if err != nil {
		return nil, half(m.SignIn != "", cmp.Or(m.Name, m.SignIn), err)
	}
	return s.Staff(ctx)
}

// half is err as it is where nothing was done before it.
func half(done bool, name string, err error) error {
	if !done {
		return err
	}
	return &console.HalfError{Name: name, Cause: err}
}

func (s *staff) pause() {
	if s.between != nil {
		s.between()
	}
}

// wayIn is a slot that somebody is to get in place of the one before.
type wayIn struct {
	before     clinical.Member
	signIn     string
	patients   bool
	passphrase []byte
}

// give writes into the audit chain what a slot is given, and gives it.
func (s *staff) give(by signer, o clinical.Operator, w wayIn) error {
	signIn := vault.SignInName(w.signIn)
	var changes []audit.Change
	if w.before.SignIn != signIn {
		changes = append(changes, audit.Change{Field: "sign_in", Before: audit.Text(w.before.SignIn), After: audit.Text(signIn)})
	}
	if w.before.HoldsPatients != w.patients {
		changes = append(changes, audit.Change{Field: "patient_key", Before: audit.YesNo(w.before.HoldsPatients), After: audit.YesNo(w.patients)})
	}
	err := s.store.Audit(by.ctx, audit.Entry{Action: audit.PassphraseChange, Subject: operatorSubject(o.ID), Changes: changes})
	if err == nil {
		lent := o.ID != audit.Who(by.ctx).Operator.ID
		err = s.slots.Renew(by.keys, vault.Person{ID: o.ID, SignIn: signIn, HoldsPatients: w.patients, Lent: lent}, w.passphrase)
	}
	if err != nil {
		return &console.HalfError{Name: o.Name, Cause: err}
	}
	return nil
}

// checked adds what is wrong with the name and role to a form, and returns it.
func (s *staff) checked(ctx context.Context, o clinical.Operator, form *staffForm) error {
	err := s.store.CheckOperator(ctx, o)
	var invalid *store.InvalidError
	if err != nil && !errors.As(err, &invalid) {
		return err
	}
	if invalid != nil {
		for _, f := range invalid.Fields {
			var why error = &store.InvalidError{Record: invalid.Record, Fields: []store.FieldError{f}}
			if f.Problem == store.Duplicate {
				why = clinical.ErrNameTaken
			}
			form.refuse(console.StaffField(f.Field), why)
		}
	}
	return form.err()
}

// staffForm collects what is wrong with a form.
type staffForm struct{ fields map[console.StaffField]error }

// refuse refuses a field; nil is nothing wrong.
func (f *staffForm) refuse(field console.StaffField, err error) {
	if err == nil {
		return
	}
	if f.fields == nil {
		f.fields = make(map[console.StaffField]error)
	}
	f.fields[field] = err
}

func (f *staffForm) passphrase(signIn string, p []byte) {
	f.refuse(console.StaffPassphrase, vault.CheckPassphrase(signIn, p))
}

// signIn checks the name that is typed at the sign-in.
func (f *staffForm) signIn(all clinical.Staff, n console.NewOperator) {
	err := vault.CheckSignInName(n.SignIn)
	if slices.ContainsFunc(all, func(m clinical.Member) bool { return m.ID != n.ID && m.SignIn == vault.SignInName(n.SignIn) }) {
		err = cmp.Or(err, vault.ErrTaken)
	}
	f.refuse(console.StaffSignIn, err)
}

func (f *staffForm) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &console.StaffError{Fields: f.fields}
}

// signer is on whose behalf a change is made, and with whose keys.
type signer struct {
	ctx  context.Context
	keys *vault.Vault
	end  func()
}

// signed opens the keys for a change: those of a senior clinician, who signs for it by
// signing in, or of who is at work where nobody has to sign.
func (s *staff) signed(ctx context.Context, all clinical.Staff, sig console.Signature, needed bool) (signer, error) {
	refused := func(err error) (signer, error) {
		return signer{}, &console.StaffError{Fields: map[console.StaffField]error{console.StaffSignature: err}}
	}
	if !needed {
		return signer{ctx, s.keys(), func() {}}, nil
	}
	if sig.SignIn == "" || len(sig.Passphrase) == 0 {
		return refused(clinical.ErrUnsigned)
	}
	keys, who, err := s.slots.SignIn(sig.SignIn, sig.Passphrase, s.now())
	var wait *vault.WaitError
	switch {
	case errors.Is(err, vault.ErrWrong):
		if err := s.tellWrong(ctx, all, sig.SignIn); err != nil {
			return signer{}, err
		}
		return refused(err)
	case errors.As(err, &wait):
		return refused(err)
	case err != nil:
		return signer{}, err
	}
	m, _ := all.Find(who.ID)
	if !m.Works() || !m.Role.May(clinical.PermitGrantClinical) || !who.HoldsPatients {
		return refused(cmp.Or(keys.Close(), clinical.ErrSigner))
	}
	if who.Lent { // whoever set it could sign
		return refused(cmp.Or(keys.Close(), errLent))
	}
	actor := audit.Who(ctx)
	actor.Second = m.Operator
	return signer{audit.By(ctx, actor), keys, func() { _ = keys.Close() }}, nil // only read from
}

// tellWrong writes a signature that failed into the audit chain.
func (s *staff) tellWrong(ctx context.Context, all clinical.Staff, signIn string) error {
	var of audit.Subject
	for _, m := range all {
		if m.SignIn == vault.SignInName(signIn) && m.SignIn != "" {
			of = operatorSubject(m.ID)
		}
	}
	return tellTries(ctx, s.store, of, "", max(s.slots.TakeWrong(signIn), 1)) // nobody's name is not counted
}

// permitted says whether who came in may do something that a command is about to do: a
// *console.NotPermittedError, or clinical.ErrStranger.
func (e *entry) permitted(ctx context.Context, s *store.Store, p clinical.Permission) error {
	all, err := (&staff{store: s, slots: e.slots}).Staff(ctx)
	if err != nil {
		return err
	}
	m, _ := all.Find(e.who)
	switch {
	case !m.Works():
		return clinical.ErrStranger
	case !m.Role.MayWhile(all.Vacant(), p):
		return &console.NotPermittedError{Permission: p, Role: m.Role}
	}
	return nil
}

// openStaff is who is on the list of a training store. Nobody signs in there, so that
// there is nothing to change.
type openStaff struct{ store *store.Store }

var _ console.Staff = openStaff{}

// Staff implements console.Staff.
func (s openStaff) Staff(ctx context.Context) (clinical.Staff, error) {
	list, err := s.store.Everybody(ctx)
	return staffOf(list, nil), err
}

// AddOperator is clinical.ErrOpenStaff, as is each change.
func (openStaff) AddOperator(context.Context, console.NewOperator) (clinical.Staff, error) {
	return nil, clinical.ErrOpenStaff
}

// ChangeOperator is clinical.ErrOpenStaff.
func (openStaff) ChangeOperator(context.Context, console.OperatorChange) (clinical.Staff, error) {
	return nil, clinical.ErrOpenStaff
}

// RenewPassphrase is clinical.ErrOpenStaff.
func (openStaff) RenewPassphrase(context.Context, console.NewPassphrase) (clinical.Staff, error) {
	return nil, clinical.ErrOpenStaff
}

// RemoveOperator is clinical.ErrOpenStaff.
func (openStaff) RemoveOperator(context.Context, clinical.ID) (clinical.Staff, error) {
	return nil, clinical.ErrOpenStaff
}
