package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stipple/app/audit"
	"stipple/app/backup"
	"stipple/app/store"
)

// settingName is where the store keeps what the keeper remembers.
const settingName = "backups"

// memory is what is remembered about backups, in the store.
type memory struct {
	Folder string    `json:"folder"` // "" none was chosen
	Mark   string    `json:"mark"`   // the text by which a folder is known
	Since  time.Time `json:"since"`  // backups are looked after since
	Made   []entry   `json:"made"`   // in the order in which they were begun
}

// entry is a backup that was begun and not removed since.
type entry struct {
	Folder string    `json:"folder"`
	Disk   string    `json:"disk"` // on which the folder was then: another may be there now
	Name   string    `json:"name"`
	Made   time.Time `json:"made"`
	Good   bool      `json:"good"` // it was read back; all below is known then
	Size   int64     `json:"size"` // bytes
	Seq    uint64    `json:"seq"`  // of the newest audit entry in it
	Head   string    `json:"head"` // and its head
}

// newest is the good backup that was made last, whatever the clock said.
func (m memory) newest() (entry, bool) {
	for _, e := range slices.Backward(m.Made) {
		if e.Good {
			return e, true
		}
	}
	return entry{}, false
}

// find is the place of an entry, -1 for none.
func (m memory) find(folder, name string) int {
	return slices.IndexFunc(m.Made, func(e entry) bool { return e.Folder == folder && e.Name == name })
}

// with is m with an entry, in the place of the one of its name.
func (m memory) with(e entry) memory {
	m.Made = slices.Clone(m.Made)
	if i := m.find(e.Folder, e.Name); i >= 0 {
		m.Made[i] = e
		return m
	}
	m.Made = append(m.Made, e)
	m.Made = m.Made[max(len(m.Made)-mostMade, 0):]
	return m
}

// without is m without the entries that match.
func (m memory) without(match func(entry) bool) memory {
	m.Made = slices.DeleteFunc(slices.Clone(m.Made), match)
	return m
}

// beside says whether two entries are in the same folder of the same disk.
func (e entry) beside(o entry) bool { return e.Folder == o.Folder && e.Disk == o.Disk }

// names are the good backups beside an entry, and itself.
func (m memory) names(of entry) (names []string) {
	for _, e := range m.Made {
		if e.beside(of) && e.Good {
			names = append(names, e.Name)
		}
	}
	return names
}

// expires is when an entry goes by itself; zero: never.
func (m memory) expires(e entry, now time.Time) time.Time {
	if e.Folder != m.Folder || !e.Good {
		return time.Time{}
	}
	return policy().Expires(e.Name, m.names(e), now)
}

// recall reads the memory of a store; fresh says that there was none.
func recall(ctx context.Context, s *store.Store) (m memory, fresh bool, err error) {
	data, err := s.Setting(ctx, settingName)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return m, true, nil
	case err != nil:
		return m, false, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return memory{}, false, fmt.Errorf("what is remembered of backups: %w: %w", store.ErrDamaged, err)
	}
	return m, false, nil
}

func keep(ctx context.Context, s *store.Store, m memory, told ...audit.Entry) error {
	data, err := json.Marshal(m)
	for err == nil && len(data) > mostMemory && len(m.Made) > 1 { // of folders with very long names
		m.Made = m.Made[1:]
		data, err = json.Marshal(m)
	}
	if err != nil {
		return fmt.Errorf("remember backups: %w", err)
	}
	if len(told) > 0 {
		return s.ChangeSetting(ctx, settingName, data, told[0])
	}
	return s.SaveSetting(ctx, settingName, data)
}

// Remember writes down that a good backup was made by somebody else than a keeper: the
// command. No keeper may run on the store.
func Remember(ctx context.Context, s *store.Store, folder string, made backup.Made, size int64) error {
	m, _, err := recall(ctx, s)
	if err != nil {
		return err
	}
	return keep(ctx, s, m.with(goodEntry(folder, diskOf(folder), made, size)), madeEntry(made.Manifest))
}

func goodEntry(folder, disk string, made backup.Made, size int64) entry {
	m := made.Manifest
	return entry{Folder: folder, Disk: disk, Name: backup.Name(m.Made), Made: m.Made, Good: true, Size: size, Seq: m.AuditSeq, Head: m.AuditHead}
}

// madeEntry is what the audit chain says of a backup that was made.
func madeEntry(m backup.Manifest) audit.Entry {
	return about(audit.BackupMake, backup.Name(m.Made))
}

func about(a audit.Action, name string) audit.Entry {
	return audit.Entry{Action: a, Subject: audit.Subject{Kind: audit.SubjectBackup, ID: name}}
}
