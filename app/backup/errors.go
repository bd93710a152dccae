package backup

import (
	"fmt"

	"stipple/app/coded"
)

// What can go wrong.
var (
	// ErrNotWritten: the folder, stick or disk did not take the backup. There is none,
	// and earlier ones are as they were. Code "backup_not_written".
	ErrNotWritten = coded.New("backup_not_written", "the backup could not be written; earlier ones are as they were")
	// ErrDamaged: the file is no backup, or not as it was written. Nothing of it was
	// kept. Code "backup_damaged".
	ErrDamaged = coded.New("backup_damaged", "the file is not a backup as Stipple wrote it")
	// ErrNoKey: what was given does not open the file. Code "backup_key".
	ErrNoKey = coded.New("backup_key", "the backup does not open: not its recovery code, of another practice, or damaged at its beginning")
	// ErrNewer: a newer program made it. Code "newer".
	ErrNewer = coded.New("newer", "the backup was made by a newer Stipple")
	// ErrNotEmpty: a backup is restored into a folder of its own only. Code "not_empty".
	ErrNotEmpty = coded.New("not_empty", "the folder is not empty; nothing was changed")
	// ErrTraining: a training store hides nothing and has no recovery code. Code
	// "training_store".
	ErrTraining = coded.New("training_store", "a training store has no backups")
)

// damaged wraps ErrDamaged with what was found.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
