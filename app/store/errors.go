package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"stipple/app/coded"
)

// What can go wrong with the file as a whole.
var (
	// ErrInUse: another process, or this one, has the store open. Code "in_use".
	ErrInUse = coded.New("in_use", "another Stipple is running on this store")
	// ErrDamaged: the file is not a store or no longer hangs together. What was
	// read before is still right; the newest good backup is what helps. Code "damaged".
	ErrDamaged = coded.New("damaged", "the store is damaged; restore the newest good backup")
	// ErrReadOnly: the file or its folder can't be written. Code "read_only".
	ErrReadOnly = coded.New("read_only", "the store can't be written: the file or its folder is read-only")
	// ErrNoAccess: the file or its folder can't even be read. Code "no_access".
	ErrNoAccess = coded.New("no_access", "no permission to read the store")
	// ErrDiskFull: the disk, the quota or the file size limit is exhausted;
	// nothing of the change was kept, everything older was. Code "disk_full".
	ErrDiskFull = coded.New("disk_full", "the disk is full; nothing of this change was kept")
	// ErrNewer: a newer program wrote the file. It was not touched. Code "newer".
	ErrNewer = coded.New("newer", "the store was written by a newer Stipple: install that version or choose another data folder; nothing was changed")
	// ErrNoKeys: nobody has signed in. Code "no_keys".
	ErrNoKeys = coded.New("no_keys", "the store can't be opened without its keys")
	// ErrNotTraining: the store is a practice's and opens with a sign-in only. Code
	// "not_training".
	ErrNotTraining = coded.New("not_training", "the store is no training store")
	// ErrNotCompacted: the file could not be written anew, so that what was removed from
	// it stays in its free pages, sealed or not. The next opening tries again. Code
	// "not_compacted".
	ErrNotCompacted = coded.New("not_compacted", "the store could not be written anew; the next start tries again")
	// ErrClosed: the store was closed. Code "closed".
	ErrClosed = coded.New("closed", "the store is closed")
)

// What can go wrong with one record.
var (
	// ErrNotFound: no such record, or it was deleted. Code "not_found".
	ErrNotFound = coded.New("not_found", "no such record")
	// ErrConflict: the revision that the change is based on is not the newest,
	// or the id is taken. Read again and decide. Code "conflict".
	ErrConflict = coded.New("conflict", "the record was changed meanwhile")
	// ErrEnded: the treatment has ended; its record is never changed again. Code "ended".
	ErrEnded = coded.New("ended", "the treatment has ended; its record can't be changed")
	// ErrTreatmentOpen: a patient can't be erased while a treatment of theirs has not
	// ended, or its outcome is not signed. Code "treatment_open".
	ErrTreatmentOpen = coded.New("treatment_open", "a treatment of the patient has not ended")
	// ErrNotErased: the patient is off every list, but the key could not be dropped. The
	// next opening, or erasing the same patient again, does it. Code "not_erased".
	ErrNotErased = coded.New("not_erased", "the patient's key could not be dropped; the next start tries again")
	// ErrTooLarge: a value is over maxValueBytes. Code "too_large".
	ErrTooLarge = coded.New("too_large", "the record is too large")
)

// Problem is what is wrong with a field, as a stable word.
type Problem string

// The problems of a field.
const (
	Missing     Problem = "missing"
	TooLong     Problem = "too_long"
	BadText     Problem = "bad_text"  // not UTF-8, or with control characters
	BadValue    Problem = "bad_value" // outside what the field can hold
	InFuture    Problem = "in_future"
	TooLongAgo  Problem = "too_long_ago"
	Duplicate   Problem = "duplicate"    // another record has it
	NamesPerson Problem = "names_person" // must not say who it is about
	NotAllowed  Problem = "not_allowed"  // must be empty or zero here
	CantChange  Problem = "can't_change" // fixed since the first revision
	UnknownLink Problem = "unknown_link" // names a record that does not exist
)

// FieldError names one field of a record, as it is called in package clinical
// ("FileNumber", "Settings.Depth"), and what is wrong with it.
type FieldError struct {
	Field   string
	Problem Problem
}

// InvalidError says that a record was refused, with all its fields that are
// wrong, in the order of the record. Code "invalid".
type InvalidError struct {
	Record string // "patient", "preset", "screening", "treatment", "pulse", "alarm", "hand_over", "operator", "setting", "erasure"
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s refused", e.Record)
	for i, f := range e.Fields {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Field, strings.ReplaceAll(string(f.Problem), "_", " "))
	}
	return b.String()
}

// Code is "invalid".
func (e *InvalidError) Code() string { return "invalid" }

// FieldProblems maps each refused field to its problem, in plain words for
// packages that do not import this one.
func (e *InvalidError) FieldProblems() map[string]string {
	m := make(map[string]string, len(e.Fields))
	for _, f := range e.Fields {
		m[f.Field] = string(f.Problem)
	}
	return m
}

// damaged wraps ErrDamaged with what was found.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

// Explain gives an error of the disk beside the store, such as where its keys lie, the
// code that the store's own would have: ErrDiskFull, ErrReadOnly and others. One with a
// code of its own stays as it is.
func Explain(err error) error { return classify(err) }

// classify turns an error of the operating system or of bbolt into one of this
// package's, keeping the cause. It leaves this package's own errors alone.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case coded.Of(err) != "":
		return err
	case isDiskFull(err):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, berrors.ErrDatabaseReadOnly):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: %w", ErrInUse, err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return ErrClosed
	case errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", ErrNewer, err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, syscall.EIO):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// isDiskFull also looks at the words of the error, because bbolt v1.5.0 loses
// the chain when growing the file fails (db.go, grow: "file resize error: %s").
func isDiskFull(err error) bool {
	for _, no := range diskFullErrors() {
		if errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) {
			return true
		}
	}
	return false
}
