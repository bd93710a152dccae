package audit

import (
	"fmt"
	"strings"

	"stipple/app/coded"
)

var (
	// ErrTooLarge: an entry, its changes or its sealed bytes are over their bound.
	// Code "too_large".
	ErrTooLarge = coded.New("too_large", "the audit entry is too large")
	// ErrForm: bytes that are no entry, or one that is written in another way than
	// Encode would. Code "bad_form".
	ErrForm = coded.New("bad_form", "not an audit entry in its one form")
	// ErrNewer: a newer program wrote the entry. Code "newer".
	ErrNewer = coded.New("newer", "the audit entry was written by a newer Stipple")
	// ErrKey: not a key of a chain. Code "bad_key".
	ErrKey = coded.New("bad_key", "not a key of an audit chain")
	// ErrHead: not a head, or not one of this chain. Code "bad_head".
	ErrHead = coded.New("bad_head", "not a head of an audit chain")
	// ErrStored: bytes that are no stored entry, or one that this chain's key does
	// not prove. Code "changed".
	ErrStored = coded.New("changed", "the stored audit entry was changed")
	// ErrFull: the chain has used its last number. Code "full".
	ErrFull = coded.New("full", "the audit chain has no number left")
)

// Problem is what is wrong with a field, as a stable word.
type Problem string

// The problems of a field, in the words of the store.
const (
	Missing    Problem = "missing"
	TooLong    Problem = "too_long"
	BadText    Problem = "bad_text"  // not UTF-8, or with control characters
	BadValue   Problem = "bad_value" // outside what the field can hold
	Duplicate  Problem = "duplicate"
	NotAllowed Problem = "not_allowed" // must be empty here
)

// FieldError names one field ("Operator.Name", "Changes[3].After") and what is
// wrong with it.
type FieldError struct {
	Field   string
	Problem Problem
}

// InvalidError says that something was refused, with all its fields that are
// wrong, in their order. Code "invalid".
type InvalidError struct {
	Record string // "audit entry", "audit changes", "audit chain", "known head"
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s refused", e.Record)
	for i, f := range e.Fields {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Field, strings.ReplaceAll(string(f.Problem), "_", " "))
	}
	return b.String()
}

// Code is "invalid".
func (e *InvalidError) Code() string { return "invalid" }

// FieldProblems maps each refused field to its problem, in plain words for
// packages that do not import this one.
func (e *InvalidError) FieldProblems() map[string]string {
	m := make(map[string]string, len(e.Fields))
	for _, f := range e.Fields {
		m[f.Field] = string(f.Problem)
	}
	return m
}
