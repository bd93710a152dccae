package durable

import (
	"os"
	"testing"
)

// A file system that can't sync a folder is written to all the same; any other error
// counts.
func TestSyncDirWhereThereIsNone(t *testing.T) {
	d, err := os.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(); err == nil {
		t.Error("this one can")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := SyncDir("/proc"); err != nil {
		t.Error(err)
	}
	if err := SyncDir("/nowhere"); err == nil {
		t.Error("a folder that is not there")
	}
}
