package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"stipple/app/audit"
	"stipple/app/coded"
	"stipple/app/durable"
	"stipple/app/store"
)

const (
	// leftoversSetting is where the store keeps the notes. They open with the clinic key:
	// a note says nothing of whose export it is but by the folder, whose path is in it.
	leftoversSetting = "leftovers"
	// mostLeftoverBytes bounds the notes: some hundreds, or ten of the longest paths
	// (mostPath). A setting takes 64 KiB.
	mostLeftoverBytes = 60 << 10
	// leftoverAge is when a note goes that led to nothing: the stick is lost by then.
	leftoverAge = 90 * 24 * time.Hour
	// sweepEvery is how often what is left is looked for: a stick was plugged in again.
	sweepEvery = 5 * time.Minute
	// sweepPatience is how long a disk may take to answer.
	sweepPatience = 8 * time.Second
)

var (
	// errManyLeft: there is no room for one more note, and none may go for it. Code
	// "many_left".
	errManyLeft = coded.New("many_left", "too many exports have left files on disks that are not here")
	// errNotOurs: what a note leads to is no file that an export has left.
	errNotOurs = errors.New("no file of an export")
)

// leftover is a note of a file that is being written, by its temporary name.
type leftover struct {
	Path []byte    `json:"path"` // need not be UTF-8
	At   time.Time `json:"at"`

	removed bool // by us; it may not last yet, or was not told
}

func (o leftover) is(p leftover) bool { return string(o.Path) == string(p.Path) }

// leftovers removes what exports leave whose process is killed, or whose stick is pulled:
// what anybody can read. A note of each stands in the store before there is a file.
type leftovers struct {
	store *store.Store
	now   func() time.Time

	mu      sync.Mutex // held while the notes are changed
	lost    []leftover // nobody writes to these any more
	damaged error      // what was found instead of notes, until it is reported
}

// newLeftovers reads the notes of those that went before.
func newLeftovers(ctx context.Context, s *store.Store, now func() time.Time) (*leftovers, error) {
	l := &leftovers{store: s, now: now}
	var err error
	l.lost, err = l.notes(ctx)
	return l, err
}

// notes are those in the store. Damaged ones are as good as none: no work may wait for
// them. The next sweep reports the damage.
func (l *leftovers) notes(ctx context.Context) (all []leftover, err error) {
	text, err := l.store.Setting(ctx, leftoversSetting)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err == nil:
		if err = json.Unmarshal(text, &all); err == nil {
			return all, nil
		}
	case !errors.Is(err, store.ErrDamaged):
		return nil, err
	}
	l.damaged = fmt.Errorf("notes of exports: %w: %w", store.ErrDamaged, err)
	return nil, nil
}

// change writes changed notes, with an entry of the audit chain in the same transaction
// where there is one.
func (l *leftovers) change(ctx context.Context, told *audit.Entry, to func([]leftover) []leftover) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, err := l.notes(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(to(all))
	switch {
	case err != nil:
		return err
	case len(text) > mostLeftoverBytes:
		return errManyLeft
	case told != nil:
		return l.store.ChangeSetting(ctx, leftoversSetting, text, *told)
	}
	return l.store.SaveSetting(ctx, leftoversSetting, text)
}

// forget takes a note away, with an entry where there is one.
func (l *leftovers) forget(ctx context.Context, o leftover, told *audit.Entry) error {
	return l.change(ctx, told, func(all []leftover) []leftover { return slices.DeleteFunc(all, o.is) })
}

// create is durable.Create with a note of the temporary file while there may be one. noted
// is why there could be no note, and so no file.
func (l *leftovers) create(ctx context.Context, path string, write func(io.Writer) error) (noted, err error) {
	if path, err = wholePath(path); err != nil { // nothing else can be found again
		return nil, err
	}
	var o leftover
	gone, err := durable.CreateNoted(path, func(temporary string) error {
		o = leftover{Path: []byte(temporary), At: l.now()}
		noted = l.change(ctx, nil, func(all []leftover) []leftover { return append(all, o) })
		return noted
	}, write)
	switch {
	case noted != nil:
		return noted, err
	case gone:
		// A note that stays does no harm: it leads to nothing, and goes with its age.
		_ = l.forget(context.WithoutCancel(ctx), o, nil)
		return nil, err
	}
	l.mu.Lock()
	l.lost = append(l.lost, o)
	l.mu.Unlock()
	return nil, err
}

// run looks for what is left until ctx ends; report is told what could not be written.
func (l *leftovers) run(ctx context.Context, report func(error)) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := l.sweep(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep removes what is left, and tells the audit chain of it. A note that leads to nothing
// stays until its age: its stick may not be there. A disk that does not answer is not asked
// again before the next start.
func (l *leftovers) sweep(ctx context.Context) error {
	l.mu.Lock()
	lost, failed := l.lost, l.damaged
	l.lost, l.damaged = nil, nil
	l.mu.Unlock()
	var kept []leftover
	for _, o := range lost {
		again, err := l.remove(ctx, &o)
		failed = errors.Join(failed, err)
		if again {
			kept = append(kept, o)
		}
	}
	l.mu.Lock()
	l.lost = append(kept, l.lost...)
	l.mu.Unlock()
	return failed
}

// remove removes one; again: it has to be looked for once more. The note goes, with the
// entry, once the removal lasts. One that a crash cuts off from its entry goes untold: then
// the note leads to nothing, which does not say who removed the file.
func (l *leftovers) remove(ctx context.Context, o *leftover) (again bool, err error) {
	limit, end := context.WithTimeout(ctx, sweepPatience)
	defer end()
	o.removed, err = within(limit, o.discard)
	switch {
	case err == nil:
		told := audit.Entry{
			Action: audit.ExportSweep, Subject: audit.Subject{Kind: audit.SubjectFile},
			Changes: []audit.Change{{Field: "begun_at", After: audit.When(o.At)}},
		}
		err = l.forget(context.WithoutCancel(ctx), *o, &told)
		return err != nil, err
	case errors.Is(err, errNotOurs), l.now().Sub(o.At) > leftoverAge:
		return false, l.forget(ctx, *o, nil)
	}
	return limit.Err() == nil, nil
}

// discard removes the file of a note so that it lasts, and nothing that no export has
// made: a note may be forged, or from a restored store. removed holds also where it does
// not last yet.
func (o leftover) discard() (removed bool, err error) {
	path := string(o.Path)
	if !o.removed {
		if !durable.Noted(path) {
			return false, errNotOurs
		}
		info, err := os.Lstat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = errNotOurs
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return false, err
		}
	}
	return true, durable.SyncDir(filepath.Dir(path))
}
