package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"stipple/app/audit"
	"stipple/app/durable"
	"stipple/app/store"
)

const (
	// leftoversSetting is where the store keeps the notes. It is sealed: a file's name may
	// be a patient's.
	leftoversSetting = "leftovers"
	// mostLeftovers and mostLeftoverBytes bound the notes; the oldest go. One takes at
	// most 6 KB (mostPath), and a setting 64 KiB.
	mostLeftovers     = 32
	mostLeftoverBytes = 60 << 10
	// leftoverAge is when a note goes that led to nothing: the stick is lost by then.
	leftoverAge = 90 * 24 * time.Hour
	// sweepEvery is how often what is left is looked for: a stick was plugged in again.
	sweepEvery = 5 * time.Minute
	// sweepPatience is how long a disk may take to answer.
	sweepPatience = 8 * time.Second
)

// leftover is a note of a file that is being written, by its temporary name.
type leftover struct {
	Path []byte    `json:"path"` // need not be UTF-8
	At   time.Time `json:"at"`
}

func (o leftover) is(p leftover) bool { return string(o.Path) == string(p.Path) }

// leftovers removes what exports leave whose process is killed, or whose stick is pulled:
// what anybody can read. A note of each stands in the store before there is a file.
type leftovers struct {
	store *store.Store
	now   func() time.Time

	mu   sync.Mutex // held while the notes are changed
	lost []leftover // nobody writes to these any more
}

// newLeftovers reads the notes of those that went before.
func newLeftovers(ctx context.Context, s *store.Store, now func() time.Time) (*leftovers, error) {
	l := &leftovers{store: s, now: now}
	var err error
	l.lost, err = l.notes(ctx)
	return l, err
}

// notes are those in the store. What is none of them is as good as empty: it names no file.
func (l *leftovers) notes(ctx context.Context) (all []leftover, err error) {
	text, err := l.store.Setting(ctx, leftoversSetting)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(text, &all) != nil {
		return nil, nil
	}
	return all, nil
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
	all = to(all)
	all = all[max(len(all)-mostLeftovers, 0):]
	text, err := json.Marshal(all)
	for err == nil && len(text) > mostLeftoverBytes {
		all = all[1:]
		text, err = json.Marshal(all)
	}
	switch {
	case err != nil:
		return err
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
	var o leftover
	begun := false // there was a file
	err = durable.CreateNoted(path, func(temporary string) error {
		o = leftover{[]byte(temporary), l.now()}
		noted = l.change(ctx, nil, func(all []leftover) []leftover { return append(all, o) })
		return noted
	}, func(w io.Writer) error {
		begun = true
		return write(w)
	})
	if noted != nil || o.Path == nil {
		return noted, err
	}
	if err != nil && begun && !gone(string(o.Path)) {
		l.mu.Lock()
		l.lost = append(l.lost, o)
		l.mu.Unlock()
		return nil, err
	}
	// A note that stays does no harm: it leads to nothing, and goes with its age.
	_ = l.forget(context.WithoutCancel(ctx), o, nil)
	return nil, err
}

// gone says whether a file is not there, which nobody knows of a stick that was pulled.
func gone(path string) bool {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	_, err := os.Stat(filepath.Dir(path))
	return err == nil
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
func (l *leftovers) sweep(ctx context.Context) (failed error) {
	l.mu.Lock()
	lost := l.lost
	l.lost = nil
	l.mu.Unlock()
	var kept []leftover
	for _, o := range lost {
		again, err := l.remove(ctx, o)
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

// remove removes one; again: it has to be looked for once more.
func (l *leftovers) remove(ctx context.Context, o leftover) (again bool, err error) {
	patient, end := context.WithTimeout(ctx, sweepPatience)
	defer end()
	err = quick(patient, func() error { return os.Remove(string(o.Path)) })
	age := l.now().Sub(o.At)
	switch {
	case err == nil:
		told := audit.Entry{
			Action: audit.ExportSweep, Subject: audit.Subject{Kind: audit.SubjectFile},
			Changes: []audit.Change{{Field: "begun_at", After: audit.When(o.At)}},
		}
		return false, l.forget(context.WithoutCancel(ctx), o, &told)
	case age > leftoverAge:
		return false, l.forget(ctx, o, nil)
	}
	return patient.Err() == nil, nil
}
