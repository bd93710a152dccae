//go:build !linux && !darwin && !windows

package drives

import (
	"io/fs"
)

// List has the top of the file system.
func List() []Drive {
	return []Drive{{Path: "/"}}
}

// Hidden says whether the system hides it; here the name says so.
func Hidden(fs.FileInfo) bool { return false }
