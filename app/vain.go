package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

// How the audit chain names what was tried, where it was no passphrase.
const (
	byPIN  = "PIN"
	byCode = "recovery code"
)

// vain counts the PINs that were tried in vain at a console that is open, until they are
// told: one entry for all of a person's once somebody gets in, or at the end.
type vain struct {
	mu sync.Mutex
	n  map[clinical.ID]int
}

func (v *vain) add(who clinical.ID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n == nil {
		v.n = make(map[clinical.ID]int)
	}
	v.n[who]++
}

// tell writes them into the audit chain, with the passphrases that were.
func (v *vain) tell(ctx context.Context, s *store.Store, slots *vault.Slots) error {
	v.mu.Lock()
	all := v.n
	v.n = nil
	v.mu.Unlock()
	errs := []error{tellVain(ctx, s, slots)}
	for _, who := range slices.Sorted(maps.Keys(all)) {
		errs = append(errs, tellTries(ctx, s, operatorSubject(who), byPIN, all[who]))
	}
	return errors.Join(errs...)
}

// tellVain writes the passphrases and recovery codes that were tried in vain.
func tellVain(ctx context.Context, s *store.Store, slots *vault.Slots) error {
	var errs []error
	for _, p := range slots.People() {
		errs = append(errs, tellTries(ctx, s, operatorSubject(p.ID), "", slots.TakeWrong(p.SignIn)))
	}
	return errors.Join(append(errs, tellTries(ctx, s, audit.Subject{}, byCode, slots.TakeWrong("")))...)
}

// tellTries writes the entry of n tries, if there were any. They are nobody's, save where
// ctx says who was at work.
func tellTries(ctx context.Context, s *store.Store, of audit.Subject, by string, n int) error {
	if n == 0 {
		return nil
	}
	changes := []audit.Change{{Field: "tries", After: audit.Amount(audit.Count, int64(n))}}
	if by != "" {
		changes = append(changes, audit.Change{Field: "by", After: audit.Text(by)})
	}
	return s.Audit(ctx, audit.Entry{Action: audit.SignInFailed, Subject: of, Changes: changes})
}

// operatorSubject is an operator, as the audit chain names them.
func operatorSubject(who clinical.ID) audit.Subject {
	return audit.Subject{Kind: audit.SubjectOperator, ID: string(who)}
}
