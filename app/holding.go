package app

import (
	"context"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/console"
	"stipple/app/store"
)

// auditPage is how many audit entries are read at once.
const auditPage = 1000

// knownBackups are the backups that the audit chain knows to have been made, wherever
// they were carried to, and the copies that migrations have left beside the store. Nobody
// removes them but a person.
type knownBackups struct {
	store *store.Store
	path  string // of the store
}

// Holding implements console.Backups.
func (k knownBackups) Holding(ctx context.Context, from, to time.Time) ([]console.BackupCopy, error) {
	var names []string
	for next := uint64(1); ; {
		page, err := k.store.AuditEntries(ctx, next, auditPage)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if e.Action == audit.BackupMake {
				names = append(names, e.Subject.ID)
			}
			next = e.Seq + 1
		}
		if len(page) < auditPage {
			break
		}
	}
	var all []console.BackupCopy
	for _, h := range backup.Holding(names, from, to) {
		all = append(all, console.BackupCopy{Name: h.Name, Made: h.Made})
	}
	copies, err := store.Copies(k.path)
	if err != nil {
		return nil, err
	}
	for _, c := range copies {
		if !c.Made.Before(from.Truncate(time.Second)) && !c.Made.After(to) {
			all = append(all, console.BackupCopy{Name: c.Name, Made: c.Made})
		}
	}
	slices.SortStableFunc(all, func(a, b console.BackupCopy) int { return a.Made.Compare(b.Made) })
	return all, nil
}
