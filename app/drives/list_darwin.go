package drives

import (
	"io/fs"
	"os"
	"path/filepath"
)

// List has the volumes but the computer's own, which stands there as a link, and the
// top of the file system.
func List() []Drive {
	const volumes = "/Volumes"
	var all []Drive
	entries, err := os.ReadDir(volumes)
	if err != nil {
		entries = nil // the own folder is still there
	}
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, Drive{Path: filepath.Join(volumes, e.Name()), Name: e.Name(), Plugged: true})
		}
	}
	return append(all, Drive{Path: "/"})
}

// Hidden says whether the system hides it; here the name says so.
func Hidden(fs.FileInfo) bool { return false }
