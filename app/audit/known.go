package audit

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// sight is what became of a known head.
type sight uint8

const (
	unseen  sight = iota
	astray        // its entry was seen, but not in line
	differs       // another head stands there
	agreed
)

// witness holds the heads from outside against the chain.
type witness struct {
	known []Known // by number
	seen  []sight
}

// newWitness refuses what is no head from outside, or too many.
func newWitness(all []Known) (*witness, error) {
	if len(all) > MaxKnown {
		return nil, fmt.Errorf("%w: %d known heads, at most %d", ErrTooLarge, len(all), MaxKnown)
	}
	for _, k := range all {
		if err := k.check(); err != nil {
			return nil, err
		}
	}
	w := &witness{slices.Clone(all), make([]sight, len(all))}
	slices.SortStableFunc(w.known, func(a, b Known) int { return cmp.Compare(a.Seq, b.Seq) })
	return w, nil
}

// top is the highest number that is known to have been used.
func (w *witness) top() uint64 {
	if len(w.known) == 0 {
		return 0
	}
	return w.known[len(w.known)-1].Seq
}

// see tells of an entry that holds, in line or not. A copy that lies somewhere
// else is no proof of what stands in line.
func (w *witness) see(e End, inLine bool) {
	first := sort.Search(len(w.known), func(i int) bool { return w.known[i].Seq >= e.Seq })
	for i := first; i < len(w.known) && w.known[i].Seq == e.Seq; i++ {
		agrees := w.known[i].agrees(e.Head)
		switch {
		case inLine && agrees:
			w.seen[i] = agreed
		case inLine:
			w.seen[i] = differs
		case agrees && w.seen[i] == unseen:
			w.seen[i] = astray
		}
	}
}

// findings are at most two: where the history that is known was left, and that
// the end is missing. last is the last place at which something stands.
func (w *witness) findings(last uint64) (out []Finding) {
	if f, ok := w.rewritten(); ok {
		out = append(out, f)
	}
	for i, k := range slices.Backward(w.known) {
		if k.Seq <= last {
			break
		}
		if w.seen[i] == unseen {
			return append(out, Finding{Kind: CutOff, From: last + 1, To: k.Seq, Text: "known from " + k.Where})
		}
	}
	return out
}

// rewritten finds the first known head that differs and the last before it that
// agrees: the history parts between them.
func (w *witness) rewritten() (Finding, bool) {
	first := slices.Index(w.seen, differs)
	if first < 0 {
		return Finding{}, false
	}
	k := w.known[first]
	f := Finding{Kind: Rewritten, To: k.Seq, Text: "another head is known from " + k.Where}
	for i := range first {
		if w.seen[i] == agreed && w.known[i].Seq < k.Seq {
			f.From = w.known[i].Seq + 1
		}
	}
	if f.From == 0 && k.Seq > 0 {
		f.From = 1
	}
	// A head stands for all before it, so that this one may have been written down
	// wrongly, or belong to another store.
	if i := slices.Index(w.seen[first:], agreed); i >= 0 {
		f.Text += "; but the one from " + w.known[first+i].Where + " agrees: compare what was written down"
	}
	return f, true
}

func (w *witness) count() (agreeing, nothing int) {
	for _, s := range w.seen {
		switch s {
		case agreed:
			agreeing++
		case unseen, astray:
			nothing++
		}
	}
	return agreeing, nothing
}
