package drives

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/windows"
)

// List has the letters that are in use. Their names are left out: a drive that is
// slow to wake would hold up all of them.
func List() []Drive {
	used, err := windows.GetLogicalDrives()
	if err != nil {
		return nil // the own folder is still there
	}
	var all []Drive
	for i := range 26 {
		if used&(1<<i) == 0 {
			continue
		}
		letter := string(rune('A'+i)) + ":"
		root, err := windows.UTF16PtrFromString(letter + `\`)
		if err != nil {
			continue
		}
		p := Drive{Path: letter + `\`, Name: letter}
		switch windows.GetDriveType(root) {
		case windows.DRIVE_REMOVABLE, windows.DRIVE_REMOTE:
			p.Plugged = true
		case windows.DRIVE_FIXED:
		default:
			continue
		}
		all = append(all, p)
	}
	return all
}

// Hidden says whether the system hides it.
func Hidden(info fs.FileInfo) bool {
	a, ok := info.Sys().(*syscall.Win32FileAttributeData)
	return ok && a.FileAttributes&(syscall.FILE_ATTRIBUTE_HIDDEN|syscall.FILE_ATTRIBUTE_SYSTEM) != 0
}
