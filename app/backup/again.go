package backup

import (
	"context"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/giveway"
	"stipple/app/store"
)

// Again is a patient whom a practice has erased since a backup was made, and whom a store
// that is restored from it has again: the erasure has to be repeated there. So is one who
// had come back into the running store, and was not erased there again.
type Again struct {
	Patient clinical.ID // opaque, the same in both stores
	Seq     uint64      // the newest entry that says so in the audit chain of the running store
	At      time.Time
}

// again finds who is in a restored store and was erased in the running one. all says that
// these are all: the running store's chain holds the moment of the backup, so that nobody
// was erased since whom it does not tell of, and each entry since opens. The error is that
// of reading, or of the context.
func again(ctx context.Context, running *store.Store, m Manifest, restored *store.Snapshot) (found []Again, all bool, err error) {
	from := uint64(0) // another practice's, or another past: an erasure may have any number
	if all, err = holds(ctx, running, m); err != nil {
		return nil, false, err
	} else if all {
		from = m.AuditSeq
	}
	way := giveway.New(ctx)
	for before := uint64(0); before != 1; {
		some, err := running.AuditBefore(ctx, before, auditBatch)
		if err != nil {
			return nil, false, err
		}
		if len(some) == 0 {
			break
		}
		for _, e := range some {
			before = e.Seq
			switch {
			case e.Seq <= from:
			case e.Broken != nil:
				all = false
			case e.Action == audit.PatientErase, e.Action == audit.PatientAgain:
				if slices.ContainsFunc(found, func(a Again) bool { return a.Patient == e.Patient }) {
					continue
				}
				has, err := restored.HasPatient(e.Patient)
				if err != nil {
					return nil, false, err
				}
				if has {
					found = append(found, Again{e.Patient, e.Seq, e.At})
				}
			}
		}
		if before <= from {
			break
		}
		way.Give()
	}
	slices.Reverse(found)
	return found, all, nil
}

// holds says whether the chain of a store has the newest entry of a backup.
func holds(ctx context.Context, s *store.Store, m Manifest) (bool, error) {
	if m.AuditSeq == 0 {
		return s.AuditStart().Head.String() == m.AuditHead, nil
	}
	at, err := s.AuditBefore(ctx, m.AuditSeq+1, 1)
	if err != nil || len(at) == 0 {
		return false, err
	}
	return at[0].Seq == m.AuditSeq && at[0].Broken == nil && at[0].Head.String() == m.AuditHead, nil
}
