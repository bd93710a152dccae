package store

import "fmt"

// LowRoom is the free space on the store's file system in bytes under which a
// person should make room: a backup of ten years' records (about 200 MB) and
// the copy that a compaction makes of it, twice over.
const LowRoom = 1 << 30

// Room is how many bytes this user may still write to the file system that the
// store is on. Errors: errors.ErrUnsupported on a system that can't tell;
// otherwise the system's own, such as of a drive that was pulled.
func (s *Store) Room() (uint64, error) {
	free, err := freeBytes(s.path)
	if err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return free, nil
}
