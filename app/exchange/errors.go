package exchange

import (
	"fmt"

	"stipple/app/coded"
)

// What can be wrong with a file as a whole. Each comes inside a *FileError.
var (
	// ErrEmpty: no line has a text. Code "file_empty".
	ErrEmpty = coded.New("file_empty", "the file is empty")
	// ErrFileTooLarge: over maxFileBytes. Code "file_too_large".
	ErrFileTooLarge = coded.New("file_too_large", "the file is too large")
	// ErrNotText: a spreadsheet's own file, a picture or the like. Code "file_not_text".
	ErrNotText = coded.New("file_not_text", "the file is not a text: save it as CSV first")
	// ErrTooManyLines: over maxLines. Code "file_too_many_lines".
	ErrTooManyLines = coded.New("file_too_many_lines", "the file has too many lines")
	// ErrTooManyColumns: the header is over maxColumns. Code "file_too_many_columns".
	ErrTooManyColumns = coded.New("file_too_many_columns", "the file has too many columns")
	// ErrOpenQuote: a quote is opened and never closed, so that nobody can say
	// where the lines behind it begin. Code "file_open_quote".
	ErrOpenQuote = coded.New("file_open_quote", "a quote is opened and never closed")
)

// What a caller can do wrong.
var (
	// ErrOptions: options that contradict each other or lack the time. Code "bad_options".
	ErrOptions = coded.New("bad_options", "the options are not possible")
)

// FileError is what is wrong with a file as a whole; nothing was read from it.
type FileError struct {
	Err   error // one of the sentinels
	Line  int   // physical line from 1; 0: the file as a whole
	Bound int   // what was exceeded: bytes, lines or columns; 0: none
}

func (e *FileError) Error() string {
	s := e.Err.Error()
	if e.Line > 0 {
		s = fmt.Sprintf("line %d: %s", e.Line, s)
	}
	if e.Bound > 0 {
		s = fmt.Sprintf("%s (at most %d)", s, e.Bound)
	}
	return s
}

func (e *FileError) Unwrap() error { return e.Err }

// Code is the code of the sentinel.
func (e *FileError) Code() string { return coded.Of(e.Err) }

// Args is what a sentence about the error names: the bound, or else the line.
func (e *FileError) Args() []any {
	switch {
	case e.Bound > 0:
		return []any{e.Bound}
	case e.Line > 0:
		return []any{e.Line}
	}
	return nil
}

// RecordError says that a record can't be written, since a value of it has no
// form in the file. Code "not_writable".
type RecordError struct {
	Record int    // from 1
	Column string // as in the file
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d: %s has no written form", e.Record, e.Column)
}

// Code is "not_writable".
func (e *RecordError) Code() string { return "not_writable" }

// Problem is what is wrong with a field of a line, as a stable word: the
// store's words where they fit.
type Problem string

// The problems of a line.
const (
	Missing    Problem = "missing"
	TooLong    Problem = "too_long"
	BadText    Problem = "bad_text"  // not in the encoding, or with control characters
	BadValue   Problem = "bad_value" // no such date, sex or skin type
	InFuture   Problem = "in_future"
	TooLongAgo Problem = "too_long_ago"
	Duplicate  Problem = "duplicate" // another line of the file has it; see Other

	// Ambiguous: it can be read in two ways, and the column does not tell which.
	Ambiguous Problem = "ambiguous"
	// ColumnCount: the line has more or fewer fields than the header. Text is both.
	ColumnCount Problem = "column_count"
	// BadQuote: a text goes on behind its closing quote.
	BadQuote Problem = "bad_quote"
)

// LineError is one thing that is wrong with one line.
type LineError struct {
	Line    int    // physical line, from 1, where the field begins
	Number  int    // of the column, from 1; 0: the line as a whole
	Column  string // its name in the file, safe to show; may be empty
	Field   Field  // of the patient; empty: the line or a column that is not imported
	Problem Problem
	Text    string // the text at fault, safe to show and bounded; may be empty
	Other   int    // with Duplicate the other line, where the field begins
}
