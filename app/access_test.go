package app

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

func cheapKeys() vault.Options {
	return vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
}

const goodPassphrase = "four words beat one"

// doorAt is the door of a practice's folder.
func doorAt(t *testing.T, dir string) *door {
	t.Helper()
	d, err := findDoor(dir, false, cheapKeys())
	if err != nil || d == nil {
		t.Fatal(d, err)
	}
	return d
}

func recoveryCode(t *testing.T) string {
	t.Helper()
	code, err := vault.NewRecoveryCode()
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// operatorsOf opens the store for who came in, and closes it again with the keys.
func operatorsOf(t *testing.T, d *door, e *entry) []clinical.Operator {
	t.Helper()
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := atWork{s, func() clinical.ID { return e.who }}.Operators(t.Context())
	if err := errors.Join(err, e.left(s), s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSetUpAndSignIn(t *testing.T) {
	dir, code := t.TempDir(), recoveryCode(t)
	d := doorAt(t, dir)
	if d.slots != nil {
		t.Fatal("somebody can sign in to nothing")
	}
	n := newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: code}
	e, err := d.setUp(n)
	if err != nil {
		t.Fatal(err)
	}
	first := operatorsOf(t, d, e)
	if len(first) != 1 || first[0].Name != n.name || first[0].Role != clinical.RoleSeniorClinician {
		t.Errorf("%+v", first)
	}

	d = doorAt(t, dir)
	if d.slots.Pending() {
		t.Error("not set up")
	}
	if _, err := d.signIn("meyer", []byte("another passphrase")); !errors.Is(err, vault.ErrWrong) {
		t.Error(err)
	}
	if e, err = d.signIn("Meyer", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if again := operatorsOf(t, d, e); len(again) != 1 || again[0] != first[0] {
		t.Errorf("%+v, before %+v", again, first)
	}

	// The recovery code lets in, with a new passphrase.
	keys, err := d.recovered(code)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = d.renew(keys, "meyer", []byte("a new set of words")); err != nil {
		t.Fatal(err)
	}
	if again := operatorsOf(t, d, e); len(again) != 1 || again[0] != first[0] {
		t.Errorf("%+v, before %+v", again, first)
	}
	if _, err := doorAt(t, dir).signIn("meyer", []byte(goodPassphrase)); !errors.Is(err, vault.ErrWrong) {
		t.Errorf("the old passphrase: %v", err)
	}

	// All of that is in the audit chain, and the chain holds.
	if e, err = d.signIn("meyer", []byte("a new set of words")); err != nil {
		t.Fatal(err)
	}
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.AuditEntries(t.Context(), 0, 100)
	report, verr := s.VerifyAudit(t.Context(), nil)
	if err := errors.Join(err, verr, s.Close(), e.keys.Close()); err != nil || !report.OK() {
		t.Fatal(err, report)
	}
	var said []string
	for _, e := range entries {
		said = append(said, e.Operator.Name+" "+string(e.Action))
	}
	want := []string{" operator.add", "Dr A. Meyer sign_in", "Dr A. Meyer sign_out", " sign_in.failed", "Dr A. Meyer sign_in", "Dr A. Meyer sign_out",
		"Dr A. Meyer passphrase.change", "Dr A. Meyer sign_in", "Dr A. Meyer sign_out", "Dr A. Meyer sign_in"}
	if !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}

	// No simulated pen among real records, and no new store where the keys are gone.
	if _, err := findDoor(dir, true, cheapKeys()); !errors.Is(err, ErrRealStore) {
		t.Errorf("a simulated pen: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, vault.SlotsName)); err != nil {
		t.Fatal(err)
	}
	if _, err := findDoor(dir, false, cheapKeys()); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("without its keys: %v", err)
	}
}

// A set-up that ended at any point is done again, or brought to its end by the first
// sign-in: nothing that was written is lost.
func TestSetUpThatEndedEarly(t *testing.T) {
	dir := t.TempDir()
	n := newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase)}
	for range 2 { // before there was a store
		n.code = recoveryCode(t)
		d := doorAt(t, dir)
		if d.slots != nil {
			t.Fatal("somebody can sign in to nothing")
		}
		e, err := d.setUp(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.keys.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d := doorAt(t, dir)
	e, err := d.setUp(n)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(d.path, store.Options{Sealer: e.keys}) // before the operator was written
	if err := errors.Join(err, s.SaveSetting(t.Context(), "kept", []byte("x")), s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	d = doorAt(t, dir)
	if d.slots == nil {
		t.Fatal("a store that exists is set up anew")
	}
	if e, err = d.signIn("meyer", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	all := operatorsOf(t, d, e)
	if len(all) != 1 || all[0].Role != clinical.RoleSeniorClinician || all[0].Name != "meyer" {
		t.Errorf("%+v", all)
	}
	if doorAt(t, dir).slots.Pending() {
		t.Error("still not set up")
	}
}

// A training store is open to all, with and without a simulated pen.
func TestTrainingStoreHasNoDoor(t *testing.T) {
	dir := t.TempDir()
	if d, err := findDoor(dir, true, cheapKeys()); d != nil || err != nil {
		t.Fatal(d, err)
	}
	s, err := store.OpenTraining(filepath.Join(dir, store.FileName), store.Options{})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, training := range []bool{true, false} {
		if d, err := findDoor(dir, training, cheapKeys()); d != nil || err != nil {
			t.Error(training, d, err)
		}
	}
}

// A store that is missing beside its keys is not made anew.
func TestStoreMissingBesideItsKeys(t *testing.T) {
	dir := t.TempDir()
	d := doorAt(t, dir)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	if _, err := findDoor(dir, false, cheapKeys()); !errors.Is(err, store.ErrDamaged) {
		t.Error(err)
	}
}

// Of two who set up at once, the second does not replace the keys of the first.
func TestSetUpTwiceAtOnce(t *testing.T) {
	dir := t.TempDir()
	one, two := doorAt(t, dir), doorAt(t, dir)
	n := newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)}
	e, err := one.setUp(n)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(one.path, store.Options{Sealer: e.keys})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.setUp(n); !errors.Is(err, store.ErrInUse) {
		t.Errorf("while it is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := two.setUp(n); !errors.Is(err, fs.ErrExist) {
		t.Errorf("while it is not complete: %v", err)
	}
	if all := operatorsOf(t, one, e); len(all) != 1 {
		t.Error(all)
	}
}

// Who sets up an older store may have worked with it before, under the same name.
func TestSetUpUnderANameThatIsTaken(t *testing.T) {
	dir := t.TempDir()
	d := doorAt(t, dir)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(d.path, store.Options{Sealer: e.keys})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveOperator(t.Context(), clinical.Operator{Name: "Dr A. Meyer", Role: clinical.RoleClinician})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	all := operatorsOf(t, d, e)
	if len(all) != 1 || all[0].ID != e.who || all[0].Name != "Dr A. Meyer (meyer)" {
		t.Errorf("%+v", all)
	}
}

// Who writes into the file that it is not set up makes nobody a senior clinician.
func TestPendingByHand(t *testing.T) {
	dir := t.TempDir()
	d := doorAt(t, dir)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	technician := vault.Person{ID: "01bbbbbbbbbbbbbbbbbbbbbbbb", SignIn: "bela"}
	err = d.slots.Add(e.keys, technician, []byte(goodPassphrase))
	if err := errors.Join(err, s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, vault.SlotsName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(`"version": 1,`), []byte(`"version": 1, "pending": true,`), 1)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	d = doorAt(t, dir)
	if e, err = d.signIn("bela", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if s, err = e.open(t.Context(), d.path); !errors.Is(err, clinical.ErrStranger) {
		t.Fatalf("somebody who is no operator came in: %v, %v", s, err)
	}
	if err := e.keys.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = doorAt(t, dir).signIn("meyer", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if s, err = e.open(t.Context(), d.path); err != nil {
		t.Fatal(err)
	}
	all, err := s.Operators(t.Context())
	if err := errors.Join(err, s.Close(), e.keys.Close()); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// A passphrase that was set by the recovery code is in the audit chain whatever ends the
// program behind it: between the slots and the chain, and between the chain and the mark.
func TestRecoveryThatEndedEarly(t *testing.T) {
	dir := t.TempDir()
	code := setUpAt(t, dir)
	const next = "a new set of words"
	d := doorAt(t, dir)
	keys, err := d.recovered(code)
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.renew(keys, "meyer", []byte(next))
	if err != nil {
		t.Fatal(err)
	}
	marked, err := os.ReadFile(filepath.Join(dir, vault.SlotsName))
	if err := errors.Join(err, e.close()); err != nil { // killed before the store was open
		t.Fatal(err)
	}
	// told are the times at which a passphrase was set, as the chain has them.
	told := func() (all []audit.Value) {
		entries := comesIn(t, dir, next)
		for i, x := range entries {
			if x.Action != audit.PassphraseChange {
				continue
			}
			if len(x.Changes) != 2 || x.Changes[0].After != audit.Text(byCode) || x.Operator.Name != "Dr A. Meyer" || x.Subject != operatorSubject(e.who) || entries[i+1].Action != audit.SignIn {
				t.Errorf("%+v, then %s", x, entries[i+1].Action)
			}
			all = append(all, x.Changes[1].After)
		}
		return all
	}
	for range 2 { // once told, it is not told again
		if all := told(); len(all) != 1 || time.UnixMilli(all[0].N).IsZero() {
			t.Fatalf("%v", all)
		}
	}
	// Killed before the mark went: the chain has it, and is not told again.
	if err := os.WriteFile(filepath.Join(dir, vault.SlotsName), marked, 0o600); err != nil {
		t.Fatal(err)
	}
	if all := told(); len(all) != 1 {
		t.Errorf("%v", all)
	}
	if now, err := os.ReadFile(filepath.Join(dir, vault.SlotsName)); err != nil || bytes.Contains(now, []byte("untold")) {
		t.Errorf("the mark stays: %s, %v", now, err)
	}
}

// comesIn lets who set the store up in, and is the audit chain as they find it.
func comesIn(t *testing.T, dir, passphrase string) []audit.Opened {
	t.Helper()
	d := doorAt(t, dir)
	e, err := d.signIn("meyer", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.open(t.Context(), d.path)
	if err != nil {
		t.Fatal(errors.Join(err, e.keys.Close()))
	}
	all, err := s.AuditEntries(t.Context(), 0, 2*maxLookedBack)
	if err := errors.Join(err, s.Close(), e.keys.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// passphrasesSet are the entries that tell of one.
func passphrasesSet(all []audit.Opened) []audit.Opened {
	return slices.DeleteFunc(slices.Clone(all), func(x audit.Opened) bool { return x.Action != audit.PassphraseChange })
}

// Where the mark of a passphrase can't go, everybody comes in all the same, it is told
// once, and the next one is told beside it.
func TestMarkThatCanNotGo(t *testing.T) {
	dir := t.TempDir()
	code := setUpAt(t, dir)
	lock := filepath.Join(dir, vault.SlotsName+".lock")
	set := func(passphrase string, at time.Time) {
		t.Helper()
		d := doorAt(t, dir)
		keys, err := d.recovered(code)
		if err != nil {
			t.Fatal(err)
		}
		u := vault.Untold{ID: d.slots.People()[0].ID, Coded: true, At: at}
		if err := errors.Join(d.slots.OwnPassphrase(keys, u, []byte(passphrase)), keys.Close()); err != nil {
			t.Fatal(err)
		}
	}
	const next, last = "a new set of words", "yet another set of words"
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	set(next, at)
	for range 3 {
		if err := errors.Join(os.RemoveAll(lock), os.Mkdir(lock, 0o700)); err != nil { // nobody gets the lock
			t.Fatal(err)
		}
		all := comesIn(t, dir, next)
		if len(passphrasesSet(all)) != 1 || all[len(all)-1].Action != audit.SignIn {
			t.Fatalf("%+v", all)
		}
	}
	if now, err := os.ReadFile(filepath.Join(dir, vault.SlotsName)); err != nil || !bytes.Contains(now, []byte("untold")) {
		t.Fatalf("the mark went: %s, %v", now, err)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	set(last, at.Add(time.Second))
	told := passphrasesSet(comesIn(t, dir, last))
	if len(told) != 2 || told[0].Changes[1].After != audit.When(at) || told[1].Changes[1].After != audit.When(at.Add(time.Second)) {
		t.Errorf("%+v", told)
	}
	if now, err := os.ReadFile(filepath.Join(dir, vault.SlotsName)); err != nil || bytes.Contains(now, []byte("untold")) {
		t.Errorf("the mark stays: %s, %v", now, err)
	}
}

// Passphrases that were set while the clock told no time are each told: nothing says that
// the chain has one of them.
func TestMarkWithoutATime(t *testing.T) {
	dir := t.TempDir()
	setUpAt(t, dir)
	const next = "a new set of words"
	passphrase := goodPassphrase
	for n := range 2 {
		d := doorAt(t, dir)
		e, err := d.signIn("meyer", []byte(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		passphrase = next
		if err := errors.Join(e.slots.OwnPassphrase(e.keys, vault.Untold{ID: e.who}, []byte(next)), e.keys.Close()); err != nil {
			t.Fatal(err)
		}
		set := passphrasesSet(comesIn(t, dir, next))
		if len(set) != n+1 || len(set[n].Changes) != 0 || set[n].Operator.ID != e.who {
			t.Errorf("%+v", set)
		}
	}
}

// waitingDoor is the door of a practice that is set up, with its store being made ready.
func waitingDoor(t *testing.T, dir string) *door {
	t.Helper()
	d := doorAt(t, dir)
	d.ready = &readying{done: make(chan struct{})}
	return d
}

// setUpAt sets a practice up for meyer.
func setUpAt(t *testing.T, dir string) (code string) {
	t.Helper()
	d, code := doorAt(t, dir), recoveryCode(t)
	e, err := d.setUp(newcomer{name: "Dr A. Meyer", signIn: "meyer", passphrase: []byte(goodPassphrase), code: code})
	if err != nil {
		t.Fatal(err)
	}
	operatorsOf(t, d, e)
	return code
}

// The store is this process's before anything is typed, and opens with the keys then: by
// passphrase and by recovery code.
func TestReadyWhileSigningIn(t *testing.T) {
	dir := t.TempDir()
	code := setUpAt(t, dir)
	for _, by := range []string{"passphrase", "recovery code"} {
		d := waitingDoor(t, dir)
		d.makeReady()
		if err := d.ready.known(); err != nil {
			t.Fatal(err)
		}
		if _, err := findDoor(dir, false, cheapKeys()); !errors.Is(err, store.ErrInUse) {
			t.Errorf("%s: another console at the same door: %v", by, err)
		}
		e, err := d.signIn("meyer", []byte(goodPassphrase))
		if by != "passphrase" {
			var keys *vault.Vault
			if err := e.keys.Close(); err != nil {
				t.Fatal(err)
			}
			if keys, err = d.recovered(code); err == nil {
				e, err = d.renew(keys, "meyer", []byte("a new set of words"))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if all := operatorsOf(t, d, e); len(all) != 1 {
			t.Errorf("%s: %+v", by, all)
		}
		if err := d.ready.giveUp(); err != nil {
			t.Error(err)
		}
		doorAt(t, dir) // free again
	}
}

// A store that is given up before, while and after it is made ready is free for others,
// and opens for nobody.
func TestReadyGivenUp(t *testing.T) {
	dir := t.TempDir()
	setUpAt(t, dir)
	for _, when := range []string{"before", "after", "with the keys"} {
		d := waitingDoor(t, dir)
		if when == "before" {
			if err := d.ready.giveUp(); err != nil {
				t.Fatal(err)
			}
		}
		d.makeReady()
		e, err := d.signIn("meyer", []byte(goodPassphrase))
		if err != nil {
			t.Fatal(err)
		}
		switch when {
		case "after":
			err = errors.Join(d.ready.giveUp(), d.ready.giveUp())
		case "with the keys":
			err = e.close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, err := e.open(t.Context(), d.path); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v, %v", when, s, err)
		}
		doorAt(t, dir) // free again
		if err := e.close(); err != nil {
			t.Error(err)
		}
	}
}

// What keeps a store from opening is known before anybody has signed in, and again
// after that.
func TestNotReady(t *testing.T) {
	dir := t.TempDir()
	setUpAt(t, dir)
	d := waitingDoor(t, dir)
	other := waitingDoor(t, dir)
	other.makeReady()
	d.makeReady()
	if err := d.ready.known(); !errors.Is(err, store.ErrInUse) {
		t.Fatal(err)
	}
	e, err := d.signIn("meyer", []byte(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.open(t.Context(), d.path); !errors.Is(err, store.ErrInUse) {
		t.Error(err)
	}
	if err := errors.Join(e.close(), other.ready.giveUp()); err != nil {
		t.Error(err)
	}
}

// A store of schema 1 with real records does not become open to all because a simulated
// pen was asked for: nothing is made beside it.
func TestSimulatedPenBesideAnOldStore(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile(filepath.Join("store", "testdata", "schema-1.db"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, store.FileName), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := findDoor(dir, true, cheapKeys()); !errors.Is(err, ErrRealStore) {
		t.Error(err)
	}
	after, err := os.ReadDir(dir)
	if err != nil || len(after) != 1 {
		t.Errorf("%v, %v", after, err)
	}
	if d, err := findDoor(dir, false, cheapKeys()); err != nil || d == nil || d.slots != nil {
		t.Errorf("it is not set up: %+v, %v", d, err)
	}
	for _, c := range []struct {
		mark     []byte
		patients bool
		want     bool
	}{{nil, false, true}, {nil, true, false}, {[]byte{1}, true, true}, {[]byte{0}, false, false}, {[]byte{}, false, false}} {
		if got := mayTrain(c.mark, c.patients); got != c.want {
			t.Errorf("%v, patients %v: %v", c.mark, c.patients, got)
		}
	}
}

// The keys of a training store in the place of a practice's open nothing: neither a new
// store beside them, nor one with real records.
func TestTrainingKeysInThePlaceOfAPractices(t *testing.T) {
	dir, training := t.TempDir(), t.TempDir()
	setUpAt(t, dir)
	path := filepath.Join(training, store.FileName)
	s, err := store.OpenTraining(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Who holds the open keys can say anything in the store.
	if err := errors.Join(s.SaveSetting(t.Context(), trainingSetting, []byte{0}), s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{vault.SlotsName, vault.PatientsName} {
		data, err := os.ReadFile(filepath.Join(training, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	if d, err := findDoor(dir, false, cheapKeys()); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("no sign-in, and a new store: %v, %v", d, err)
	}
	if d, err := findDoor(training, false, cheapKeys()); err != nil || d != nil {
		t.Fatal(d, err)
	}
	for _, c := range []struct {
		opt  Options
		want error
	}{{Options{Data: training, Port: "no-port"}, errOpenToAll}, {Options{Data: training, Sim: "rf"}, ErrRealStore}} {
		if r, err := openRoom(t.Context(), c.opt, nil, slog.New(slog.DiscardHandler), nil); !errors.Is(err, c.want) || r != nil {
			t.Errorf("%+v: %v", c.opt, err)
		}
	}
}
