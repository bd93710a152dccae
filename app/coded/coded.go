// Package coded is errors that stand for one decision of a caller, each with a stable
// word. Who words them, or decides, asks for the word and need not import the package that
// they come from; who does can compare with errors.Is, as with any sentinel.
//
// Errors with fields of their own have a method Code() string, too, and are not made here.
package coded

import "errors"

// sentinel is compared by its address: two with one word are two errors.
type sentinel struct{ code, text string }

func (e *sentinel) Error() string { return e.text }

// Code is the stable word.
func (e *sentinel) Code() string { return e.code }

// New is an error with a word and a text of its own.
func New(code, text string) error { return &sentinel{code, text} }

// Of is the word of the first error in err's chain that has one, or "".
func Of(err error) string {
	var has interface{ Code() string }
	if errors.As(err, &has) {
		return has.Code()
	}
	return ""
}
