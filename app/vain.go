package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/store"
)

// try is what was tried in vain, and for whom.
type try struct {
	who clinical.ID
	by  string // byPIN; "" is the passphrase
}

// byPIN is how the audit chain names a PIN.
const byPIN = "PIN"

// vain counts the tries in vain at a console that is open, until they are told: one
// entry for all of them once somebody gets in, or at the end.
type vain struct {
	mu sync.Mutex
	n  map[try]int
}

func (v *vain) add(t try) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n == nil {
		v.n = make(map[try]int)
	}
	v.n[t]++
}

// put sets how often something was tried in vain; 0: it is told elsewhere.
func (v *vain) put(t try, n int) {
	v.add(t)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n[t] = n; n == 0 {
		delete(v.n, t)
	}
}

// tell writes them into the audit chain. They are nobody's.
func (v *vain) tell(ctx context.Context, s *store.Store) error {
	v.mu.Lock()
	all := v.n
	v.n = nil
	v.mu.Unlock()
	var order []try
	for t := range all {
		order = append(order, t)
	}
	slices.SortFunc(order, func(a, b try) int { return strings.Compare(string(a.who)+a.by, string(b.who)+b.by) })
	var errs []error
	for _, t := range order {
		errs = append(errs, tellVain(ctx, s, t, all[t]))
	}
	return errors.Join(errs...)
}

// tellVain writes the entry of n tries.
func tellVain(ctx context.Context, s *store.Store, t try, n int) error {
	changes := []audit.Change{{Field: "tries", After: audit.Amount(audit.Count, int64(n))}}
	if t.by != "" {
		changes = append(changes, audit.Change{Field: "by", After: audit.Text(t.by)})
	}
	return s.Audit(ctx, audit.Entry{Action: audit.SignInFailed, Subject: operatorSubject(t.who), Changes: changes})
}

// operatorSubject is an operator, as the audit chain names them.
func operatorSubject(who clinical.ID) audit.Subject {
	return audit.Subject{Kind: audit.SubjectOperator, ID: string(who)}
}
