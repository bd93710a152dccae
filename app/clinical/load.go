package clinical

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

const (
	// maxLibraryFile bounds one file of the library in bytes; the whole library
	// that ships is a tenth of it. A file is as hostile as the wire.
	maxLibraryFile = 1 << 20
	// maxLibraryFiles bounds how many files there are.
	maxLibraryFiles = 32
)

// File is one file of a library, by the name that errors show.
type File struct {
	Name string
	Data []byte
}

// LibraryError says where a library is wrong. Nothing of such a library is
// used.
type LibraryError struct {
	File    string // empty: the library as a whole
	Line    int    // 0: not known
	Field   string // "rf.indication.acne_scars.power_mw.max"; may be empty
	Problem string
}

// Error is file, line, field and problem.
func (e *LibraryError) Error() string {
	var b strings.Builder
	b.WriteString("limit library")
	if e.File != "" {
		b.WriteString(": " + e.File)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	b.WriteString(": " + e.Problem)
	return b.String()
}

// LoadLibrary reads all *.toml files in the directory "limits" of fsys as one
// library. An error is a *LibraryError, or wraps what fsys said.
func LoadLibrary(fsys fs.FS) (*Library, error) {
	names, err := fs.Glob(fsys, "limits/*.toml")
	if err != nil {
		return nil, fmt.Errorf("limit library: %w", err)
	}
	if len(names) > maxLibraryFiles {
		return nil, &LibraryError{Problem: fmt.Sprintf("%d files, at most %d are read", len(names), maxLibraryFiles)}
	}
	var files []File
	for _, name := range names {
		data, err := readBounded(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("limit library: %w", err)
		}
		files = append(files, File{Name: name, Data: data})
	}
	return ParseLibrary(files...)
}

func readBounded(fsys fs.FS, name string) (data []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// One byte more than allowed tells ParseLibrary that there is more.
	return io.ReadAll(io.LimitReader(f, maxLibraryFile+1))
}

// ParseLibrary reads the files as one library: their tables are put together,
// and a table in two files is an error. The library's hash covers the names
// and contents of all files in the order of their names. Every number must
// have a source and a grade, every range be ordered, and every key that is
// named exist; the first thing that is wrong is returned as a *LibraryError.
func ParseLibrary(files ...File) (*Library, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if len(files) == 0 {
		return nil, &LibraryError{Problem: "no files"}
	}
	b := builder{}
	hash := sha256.New()
	for _, f := range files {
		d, err := decode(f)
		if err != nil {
			return nil, err
		}
		b.docs = append(b.docs, d)
		// Lengths keep two libraries apart whose names and contents only run
		// together to the same bytes.
		_, _ = fmt.Fprintf(hash, "%d %s %d\n", len(f.Name), f.Name, len(f.Data))
		_, _ = hash.Write(f.Data)
	}
	lib, err := b.build()
	if err != nil {
		return nil, err
	}
	lib.Hash = hex.EncodeToString(hash.Sum(nil))
	return lib, nil
}

// document is one decoded file.
type document struct {
	file  string
	lines map[string]int // by dotted field
	order map[string][]string
	body  fileBody
}

// decode reads one file as far as TOML and the shape of the tables go.
func decode(f File) (document, error) {
	fail := func(line int, field, problem string) (document, error) {
		return document{}, &LibraryError{File: f.Name, Line: line, Field: field, Problem: problem}
	}
	if len(f.Data) > maxLibraryFile {
		return fail(0, "", fmt.Sprintf("larger than %d bytes", maxLibraryFile))
	}
	if !utf8.Valid(f.Data) {
		return fail(0, "", "is not UTF-8")
	}
	d := document{file: f.Name, lines: lineIndex(string(f.Data)), order: map[string][]string{}}
	meta, err := toml.Decode(string(f.Data), &d.body)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return fail(parse.Position.Line, parse.LastKey, parse.Message)
		}
		return fail(0, "", strings.TrimPrefix(err.Error(), "toml: "))
	}
	for _, key := range meta.Undecoded() {
		field := key.String()
		line, _ := d.line(field)
		return fail(line, field, "is not a field of the library")
	}
	for _, key := range meta.Keys() {
		if len(key) == 2 { // "zone.cheek_left": menus keep the order of the file
			d.order[key[0]] = append(d.order[key[0]], key[1])
		}
	}
	return d, nil
}

// line is where a field stands, or the nearest table around it, and how many
// bytes of the field's name that place has; 0, 0 if nothing is known.
func (d document) line(field string) (line, known int) {
	for field != "" {
		if n, ok := d.lines[field]; ok {
			return n, len(field)
		}
		i := strings.LastIndexByte(field, '.')
		if i < 0 {
			break
		}
		field = field[:i]
	}
	return 0, 0
}

// addTable notes where a table begins, and the tables around it that have no
// header of their own.
func addTable(lines map[string]int, table string, n int) {
	lines[table] = n
	for i := strings.LastIndexByte(table, '.'); i > 0; i = strings.LastIndexByte(table, '.') {
		table = table[:i]
		if _, ok := lines[table]; ok {
			return
		}
		lines[table] = n
	}
}

// lineIndex finds the line of every table header and of every key that begins
// a line. It only serves error texts: the TOML decoder keeps positions to
// itself, and a rule about two tables is checked long after decoding.
func lineIndex(text string) map[string]int {
	lines := map[string]int{}
	table := ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && !strings.HasPrefix(line, "[[") {
			if end := strings.IndexByte(line, ']'); end > 0 {
				table = line[1:end]
				addTable(lines, table, n)
			}
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.HasPrefix(key, "#") {
			continue
		}
		if table != "" {
			key = table + "." + key
		}
		lines[key] = n
	}
	return lines
}
