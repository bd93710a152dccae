package drives

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// List has what the system lists as mounted in the folders of things that come and
// go, and the top of the file system.
func List() []Drive {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		mounts = nil // the own folder is still there
	}
	return append(plugged(string(mounts)), Drive{Path: "/"})
}

// plugged finds what was plugged in among the lines of a mountinfo (proc(5)): the
// fifth field is where it is mounted.
func plugged(mounts string) []Drive {
	var all []Drive
	for line := range strings.Lines(mounts) {
		const where = 4
		fields := strings.Fields(line)
		if len(fields) <= where {
			continue
		}
		path := unescape(fields[where])
		for _, top := range []string{"/media/", "/run/media/", "/mnt/"} {
			if strings.HasPrefix(path+"/", top) {
				all = append(all, Drive{Path: path, Name: filepath.Base(path), Plugged: true})
			}
		}
	}
	return all
}

// unescape reads the octal numbers in which the system writes blanks and the like.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		const digits = 3
		if s[i] == '\\' && i+digits < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+1+digits], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += digits
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Hidden says whether the system hides it; here the name says so.
func Hidden(fs.FileInfo) bool { return false }
