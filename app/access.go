package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/store"
	"stipple/app/vault"
)

// door is the way into a practice's store.
type door struct {
	dir   string
	path  string       // of the store
	slots *vault.Slots // nil: nobody has set it up
	opt   vault.Options
	// ready is the store while somebody signs in; nil: it is opened after that.
	ready *readying
}

// entry is somebody who came in.
type entry struct {
	who   clinical.ID
	name  string // where this is who set the store up; else empty
	keys  *vault.Vault
	slots *vault.Slots
	ready *readying // of the door
}

// close gives up the keys, and the store where it was not opened.
func (e *entry) close() error { return errors.Join(e.keys.Close(), e.ready.giveUp()) }

// findDoor looks at a data folder: nil for a training store, which is open to all.
// It waits for nobody.
func findDoor(dir string, training bool, opt vault.Options) (*door, error) {
	path, err := storePath(dir)
	if err != nil {
		return nil, err
	}
	slots, err := vault.Load(dir, opt)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the key slots: %w", err)
	}
	found, err := store.Look(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	if slots == nil && found == store.Sealed { // another start may have made both since
		if slots, err = vault.Load(dir, opt); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the key slots: %w", err)
		}
	}
	none := slots == nil
	d := &door{dir: dir, path: path, opt: opt}
	switch {
	case none && found == store.Sealed:
		return nil, fmt.Errorf("open store %s: %w: the key slots (%s) are missing", path, store.ErrDamaged, vault.SlotsName)
	case none && training:
		return nil, onlyTraining(path, found)
	case none:
		return d, nil
	case slots.OpenToAll() && found == store.Nothing && !training:
		// Nobody works with real records in a store that is made beside open keys: it
		// may stand in the place of a practice's.
		return nil, fmt.Errorf("open store %s: %w: it is missing beside the keys of a training store", path, store.ErrDamaged)
	case slots.OpenToAll():
		return nil, nil
	case training:
		return nil, ErrRealStore
	case slots.Pending() && found == store.Nothing:
		return d, nil // set up once, and ended before there was anything
	case found == store.Nothing:
		// A new one in its place would hide that the practice's is gone.
		return nil, fmt.Errorf("open store %s: %w: it is missing beside its keys", path, store.ErrDamaged)
	}
	d.slots = slots
	return d, nil
}

// onlyTraining is ErrRealStore for a store of schema 1 with real records: with a
// simulated pen its keys would lie open from then on.
func onlyTraining(path string, found store.Found) error {
	if found != store.Readable {
		return nil
	}
	mark, patients, err := store.LookReadable(path, trainingSetting)
	switch {
	case err != nil:
		return fmt.Errorf("open store %s: %w", path, err)
	case !mayTrain(mark, patients):
		return ErrRealStore
	}
	return nil
}

// door is the way into the store of these options; nil where it is open to all.
func (o Options) door() (*door, error) {
	if o.Demo && o.Data == "" {
		return nil, nil // one of its own, which is thrown away
	}
	dir, _, err := o.dataDir()
	if err != nil {
		return nil, err
	}
	return findDoor(dir, o.training(), vault.Options{})
}

// newcomer is who sets a practice's store up.
type newcomer struct {
	name, signIn string
	passphrase   []byte
	code         string // of vault.NewRecoveryCode, written down
}

// setUp makes the keys of a practice's store, and lets its first person in: a senior
// clinician, who holds the patient key and can add everybody else.
func (d *door) setUp(n newcomer) (*entry, error) {
	// Somebody else may have set it up since the page was shown.
	switch now, err := findDoor(d.dir, false, d.opt); {
	case err != nil:
		return nil, err
	case now == nil || now.slots != nil:
		return nil, fmt.Errorf("set up: %w", fs.ErrExist)
	}
	id, err := store.NewID()
	if err != nil {
		return nil, err
	}
	slots, keys, err := vault.Create(d.dir, vault.Person{ID: id, SignIn: n.signIn}, n.passphrase, n.code, d.opt)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", store.Explain(err))
	}
	d.slots = slots
	return &entry{who: id, name: n.name, keys: keys, slots: slots}, nil
}

// signIn lets a person in by passphrase. The errors are vault's.
func (d *door) signIn(name string, passphrase []byte) (*entry, error) {
	e, err := letIn(d.slots, name, passphrase, time.Now())
	if err != nil {
		return nil, err
	}
	e.ready = d.ready
	return e, nil
}

// letIn is signIn at a time.
func letIn(slots *vault.Slots, name string, passphrase []byte, now time.Time) (*entry, error) {
	keys, who, err := slots.SignIn(name, passphrase, now)
	if err != nil {
		return nil, err
	}
	return &entry{who: who.ID, keys: keys, slots: slots}, nil
}

// recovered opens the store by its recovery code. The keys are the caller's.
func (d *door) recovered(code string) (*vault.Vault, error) { return d.slots.Recover(code, time.Now()) }

// renew is ownPassphrase with keys that the recovery code has opened.
func (d *door) renew(keys *vault.Vault, name string, passphrase []byte) (*entry, error) {
	return d.setPassphrase(keys, name, passphrase, true)
}

// ownPassphrase gives a person a passphrase of their own, and lets them in.
func (d *door) ownPassphrase(keys *vault.Vault, name string, passphrase []byte) (*entry, error) {
	return d.setPassphrase(keys, name, passphrase, false)
}

func (d *door) setPassphrase(keys *vault.Vault, name string, passphrase []byte, coded bool) (*entry, error) {
	for _, p := range d.slots.People() {
		if p.SignIn != vault.SignInName(name) {
			continue
		}
		if err := d.slots.OwnPassphrase(keys, vault.Untold{ID: p.ID, Coded: coded, At: time.Now()}, passphrase); err != nil {
			return nil, store.Explain(err)
		}
		return &entry{who: p.ID, keys: keys, slots: d.slots, ready: d.ready}, nil
	}
	return nil, vault.ErrNoSlot
}

// open opens the store of a practice for who came in. A set-up that ended too early
// is brought to its end.
func (e *entry) open(ctx context.Context, path string) (*store.Store, error) {
	s, err := e.openStore(path)
	if err != nil {
		return nil, err
	}
	if e.slots.Pending() {
		err = e.complete(ctx, s)
	}
	if err == nil {
		err = e.tell(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openStore opens the store that was made ready, or one that was not.
func (e *entry) openStore(path string) (*store.Store, error) {
	opt := store.Options{Sealer: e.keys, SealBackup: e.slots.Encrypt}
	if e.ready == nil {
		return store.Open(path, opt)
	}
	waiting, err := e.ready.take()
	if err != nil {
		return nil, err
	}
	return waiting.Open(opt)
}

// errLent: who comes in by a passphrase that somebody else has set does nothing with it
// but set their own.
var errLent = coded.New("lent", "somebody else has set this passphrase")

// own is errLent, with the keys closed, for who has no passphrase of their own.
func (e *entry) own() error {
	if !e.person().Lent {
		return nil
	}
	return cmp.Or(e.keys.Close(), errLent)
}

// person is whose slot it is.
func (e *entry) person() vault.Person {
	for _, p := range e.slots.People() {
		if p.ID == e.who {
			return p
		}
	}
	return vault.Person{ID: e.who}
}

// acting is a context in which who came in is at work.
func (e *entry) acting(ctx context.Context, s *store.Store) (context.Context, error) {
	who, err := operatorOf(ctx, s, e.who)
	return audit.By(ctx, audit.Actor{Operator: who}), err
}

// tell writes into the audit chain who came in, and how, behind what was tried before, by
// whatever name.
func (e *entry) tell(ctx context.Context, s *store.Store) error {
	acting, err := e.acting(ctx, s)
	if err != nil {
		return err
	}
	err = tellVain(ctx, s, e.slots)
	if err == nil {
		err = e.tellUntold(ctx, s)
	}
	if err == nil {
		err = s.Audit(acting, audit.Entry{Action: audit.SignIn, Subject: operatorSubject(e.who)})
	}
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// maxLookedBack bounds in how many of the newest entries of the audit chain a passphrase is
// looked for that is still marked as untold: some weeks of work, read in a moment. The
// mark of an older one, which could not go for so long, has it told once more.
const maxLookedBack = 5000

// tellUntold writes into the audit chain which passphrases were set at the sign-in: at
// this one, and at those that ended before the chain was told. What the chain has is not
// told again.
func (e *entry) tellUntold(ctx context.Context, s *store.Store) error {
	all := e.slots.Untold(e.keys)
	var newest []store.AuditEntry
	if len(all) > 0 {
		var err error
		if newest, err = s.AuditBefore(ctx, 0, maxLookedBack); err != nil {
			return err
		}
	}
	for _, u := range all {
		x := untoldEntry(u)
		// Without its time one can't be told from another.
		if !u.At.IsZero() && slices.ContainsFunc(newest, func(o store.AuditEntry) bool {
			return o.Action == x.Action && o.Subject == x.Subject && slices.Equal(o.Changes, x.Changes)
		}) {
			continue
		}
		by := ctx
		switch who, err := operatorOf(ctx, s, u.ID); {
		case err == nil:
			by = audit.By(ctx, audit.Actor{Operator: who})
		case !errors.Is(err, clinical.ErrStranger):
			return err
		}
		if err := s.Audit(by, x); err != nil {
			return err
		}
	}
	// Where the marks can't go, on a disk that is full or read-only, they stay for the next
	// sign-in, and the chain has what they say: that keeps nobody out.
	_ = e.slots.Told(e.keys, all)
	return nil
}

// untoldEntry is what the audit chain tells of a passphrase that was set at the sign-in.
func untoldEntry(u vault.Untold) audit.Entry {
	x := audit.Entry{Action: audit.PassphraseChange, Subject: operatorSubject(u.ID)}
	if u.Coded {
		x.Changes = append(x.Changes, audit.Change{Field: "by", After: audit.Text(byCode)})
	}
	if !u.At.IsZero() {
		x.Changes = append(x.Changes, audit.Change{Field: "done_at", After: audit.When(u.At)})
	}
	return x
}

// left writes into the audit chain that who came in has gone.
func (e *entry) left(s *store.Store) error {
	acting, err := e.acting(context.Background(), s)
	if err != nil {
		return err
	}
	return s.Audit(acting, audit.Entry{Action: audit.SignOut, Subject: operatorSubject(e.who)})
}

// complete writes down who set the store up.
func (e *entry) complete(ctx context.Context, s *store.Store) error {
	all, err := s.Operators(ctx)
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	known := slices.ContainsFunc(all, func(o clinical.Operator) bool { return o.ID == e.who })
	people := e.slots.People()
	// Whoever can write the file can say that it is not set up: of several people none
	// is the first, and who can't open patients never is.
	first := len(people) == 1 && people[0].ID == e.who && people[0].HoldsPatients
	if !known && first {
		if err := e.addFirst(ctx, s, people[0].SignIn); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	return store.Explain(e.slots.Complete())
}

// addFirst writes down the first person by name. An older store may know somebody of
// that name, whose slot this is not: the sign-in name then tells the two apart.
func (e *entry) addFirst(ctx context.Context, s *store.Store, signIn string) error {
	names := []string{signIn} // alone where it signs in for the first time since
	if e.name != "" {
		names = []string{e.name, e.name + " (" + signIn + ")", signIn}
	}
	names = append(names, signIn+" ("+string(e.who)+")")
	var err error
	for _, name := range names {
		_, err = s.AddOperator(ctx, clinical.Operator{ID: e.who, Name: name, Role: clinical.RoleSeniorClinician})
		var refused *store.InvalidError
		if !errors.As(err, &refused) {
			return err
		}
	}
	return err
}

// atWork are the operators that the desk may choose from: who came in, and nobody
// else.
type atWork struct {
	store *store.Store
	who   func() clinical.ID
}

// Operators implements console.Operators.
func (a atWork) Operators(ctx context.Context) ([]clinical.Operator, error) {
	who, err := operatorOf(ctx, a.store, a.who())
	if err != nil {
		return nil, err
	}
	return []clinical.Operator{who}, nil
}

// operatorOf is who signs in by an id. store.ErrNotFound where that is no operator.
func operatorOf(ctx context.Context, s *store.Store, id clinical.ID) (clinical.Operator, error) {
	all, err := s.Operators(ctx)
	if err != nil {
		return clinical.Operator{}, err
	}
	for _, o := range all {
		if o.ID == id {
			return o, nil
		}
	}
	return clinical.Operator{}, clinical.ErrStranger
}
