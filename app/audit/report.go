package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Kind is what is wrong at a place of a chain.
type Kind string

// The kinds of findings. From and To of a Finding are the numbers of the first
// and the last place in the chain that are not as they were.
const (
	// Changed: what stands at the place does not hold, its number or key was
	// changed, or, at the end, it was made up.
	Changed Kind = "changed"
	// Lost: nothing stands at the place, and what belongs there stands nowhere.
	Lost Kind = "missing"
	// Inserted: something that does not hold stands before entry From, or is
	// beyond the end.
	Inserted Kind = "inserted"
	// Moved: entries stand at another place than their own; Of is the first of them.
	Moved Kind = "moved"
	// Duplicated: a copy of entry Of stands at the place instead of what belongs
	// there, or before it.
	Duplicated Kind = "duplicated"
	// CutOff: heads from outside tell that there were entries up to To.
	CutOff Kind = "cut off"
	// Rewritten: with the right key, another history was written. Either entry
	// From does not follow the one before it, or the head at To is not what was
	// known from outside, while the head before From was (or none was known).
	Rewritten Kind = "rewritten"
	// KeyUnreadable: a key is no number.
	KeyUnreadable Kind = "key unreadable"
	// Unopened: the link holds, but Options.Open has refused it.
	Unopened Kind = "does not open"
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind     Kind
	From, To uint64 // from <= to
	Of       uint64 // see Moved and Duplicated; 0 otherwise
	Count    uint64 // how many stored values it is about; 0 where there are none
	Text     string // more about it, in English; may be empty
}

// String is the finding as one line in English, for the command line.
func (f Finding) String() string {
	var b strings.Builder
	if f.From == f.To {
		fmt.Fprintf(&b, "entry %d: %s", f.From, f.Kind)
	} else {
		fmt.Fprintf(&b, "entries %d to %d: %s", f.From, f.To, f.Kind)
	}
	switch {
	case f.Of == 0:
	case f.Count > 1:
		fmt.Fprintf(&b, " (%d entries, the first is %d)", f.Count, f.Of)
	default:
		fmt.Fprintf(&b, " (entry %d)", f.Of)
	}
	if f.Text != "" {
		b.WriteString(": " + f.Text)
	}
	return b.String()
}

// Report is what came out of a verification.
type Report struct {
	Entries  uint64 // stored values that were seen
	End      End    // the last entry that holds and stands in line
	Findings []Finding
	Omitted  uint64 // findings for which there was no room
	// Agreed heads from outside are as they should be; nothing can be said of
	// Unseen ones, since what stands at their place does not hold or is missing.
	Agreed, Unseen int
}

// OK says whether nothing at all was found.
func (r Report) OK() bool { return len(r.Findings) == 0 && r.Omitted == 0 }

// notes keeps findings within bounds: neighbours of one kind become one finding,
// and those without room are counted.
type notes struct {
	kept    []Finding
	omitted uint64
	last    map[Kind]note // the newest of each kind
}

// note is where the newest finding of a kind is, and how far it goes.
type note struct {
	at int // in kept; -1: omitted
	to uint64
}

func (n *notes) add(f Finding) {
	if n.last == nil {
		n.last = make(map[Kind]note)
	}
	prev, ok := n.last[f.Kind]
	beside := f.From == prev.to+1 || f.From == prev.to && (f.Kind == Inserted || f.Kind == KeyUnreadable)
	switch {
	case ok && beside && f.Of == 0 && prev.at < 0:
		n.last[f.Kind] = note{-1, f.To}
	case ok && beside && f.Of == 0 && n.kept[prev.at].Of == 0:
		n.kept[prev.at].To = f.To
		n.kept[prev.at].Count += f.Count
		n.last[f.Kind] = note{prev.at, f.To}
	case len(n.kept) == MaxFindings:
		n.omitted++
		n.last[f.Kind] = note{-1, f.To}
	default:
		n.last[f.Kind] = note{len(n.kept), f.To}
		n.kept = append(n.kept, f)
	}
}

// sorted puts findings in the order of the chain.
func sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// plain is the text of somebody else's error, short and without control
// characters.
func plain(err error) string {
	text := []rune(strings.ToValidUTF8(err.Error(), "?"))
	if len(text) > maxErrorRunes {
		text = append(text[:maxErrorRunes], '…')
	}
	for i, r := range text {
		if unicode.IsControl(r) {
			text[i] = ' '
		}
	}
	return string(text)
}
