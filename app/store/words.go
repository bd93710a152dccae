package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// wordTable finds the patients of whom a word begins in a given way. The words are
// sorted, so that those are one range of it: two binary searches and a walk over
// what is found, whatever the number of patients. A word takes 16 bytes and its text.
type wordTable struct {
	text   []byte    // the words, each with a mark behind it
	sorted []posting // by word, then by patient
	// fresh are those that were added since, as they came. They are few enough to be
	// walked.
	fresh []posting
}

// posting is one word of one patient.
type posting struct {
	head uint64 // the word's first bytes, big endian, zeros behind: most comparisons need no more
	at   uint32 // where the word begins in text
	who  uint32 // the patient's number; noPatient where the word was taken back
}

// noPatient is a number that no patient has.
const noPatient uint32 = 0

const headLen = 8 // bytes of a posting's head

// headOf is the head of a word that a mark or nothing ends.
func headOf(word []byte) uint64 {
	if len(word) >= headLen {
		return binary.BigEndian.Uint64(word)
	}
	var b [headLen]byte
	copy(b[:], word)
	return binary.BigEndian.Uint64(b[:])
}

// rest is what of a posting's word is not in its head.
func (w *wordTable) rest(p posting) []byte {
	if p.head&0xff == 0 { // no word has a mark within
		return nil
	}
	rest := w.text[p.at+headLen:]
	return rest[:bytes.IndexByte(rest, wordMark)]
}

// order is that of sorted.
func (w *wordTable) order(a, b posting) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	return cmp.Or(bytes.Compare(w.rest(a), w.rest(b)), cmp.Compare(a.who, b.who))
}

// add adds words, as appendWords lists them. What is fresh goes into order when it is
// a sixteenth of all: a walk over it then stays below a search's own, and each word
// is moved a few times in all, however many patients come.
func (w *wordTable) add(words []byte, who uint32) {
	w.fresh = w.list(w.fresh, words, who)
	if len(w.fresh) > len(w.sorted)/16+minFresh {
		w.settle()
	}
}

// list appends postings of words, which it adds to the text.
func (w *wordTable) list(to []posting, words []byte, who uint32) []posting {
	at := len(w.text)
	w.text = append(w.text, words...)
	for len(words) > 0 {
		n := bytes.IndexByte(words, wordMark)
		to = append(to, posting{headOf(words[:n]), uint32(at), who})
		words, at = words[n+1:], at+n+1
	}
	return to
}

// settle puts what is fresh in its place.
func (w *wordTable) settle() {
	w.sort(w.fresh)
	w.sorted, w.fresh = w.merge(w.sorted, w.fresh), nil
}

func (w *wordTable) sort(p []posting) { slices.SortFunc(p, w.order) }

// merge is two sorted lists as one, without what was taken back.
func (w *wordTable) merge(a, b []posting) []posting {
	all := make([]posting, 0, len(a)+len(b))
	keep := func(p posting) {
		if p.who != noPatient {
			all = append(all, p)
		}
	}
	for len(a) > 0 && len(b) > 0 {
		if w.order(a[0], b[0]) <= 0 {
			keep(a[0])
			a = a[1:]
		} else {
			keep(b[0])
			b = b[1:]
		}
	}
	for _, p := range a {
		keep(p)
	}
	for _, p := range b {
		keep(p)
	}
	return all
}

// remove takes all words of a patient back. Their text stays until the store is opened
// again: a hundred bytes for a patient whose name was changed.
func (w *wordTable) remove(words []byte, who uint32) {
	for word := range bytes.SplitSeq(words, []byte{wordMark}) {
		if len(word) == 0 {
			continue
		}
		q := prefixOf(word)
		from, to := w.find(q)
		for _, list := range [...][]posting{w.sorted[from:to], w.fresh} {
			for i, p := range list {
				if p.who == who && w.compare(p, q) == 0 {
					list[i].who = noPatient
				}
			}
		}
	}
}

// prefix is how a word may begin, in the form in which postings are compared.
type prefix struct {
	head, mask uint64
	rest       []byte
}

func prefixOf(word []byte) prefix {
	q := prefix{head: headOf(word), mask: ^uint64(0)}
	if len(word) < headLen {
		q.mask <<= 8 * (headLen - len(word))
	} else {
		q.rest = word[headLen:]
	}
	return q
}

// compare is 0 for a word that begins so, and below or above it by where the word
// stands in sorted.
func (w *wordTable) compare(p posting, q prefix) int {
	if head := p.head & q.mask; head != q.head || len(q.rest) == 0 {
		return cmp.Compare(head, q.head)
	}
	rest := w.rest(p)
	return bytes.Compare(rest[:min(len(rest), len(q.rest))], q.rest)
}

// find is the range of sorted that begins so.
func (w *wordTable) find(q prefix) (from, to int) {
	from = sort.Search(len(w.sorted), func(i int) bool { return w.compare(w.sorted[i], q) >= 0 })
	to = from + sort.Search(len(w.sorted)-from, func(i int) bool { return w.compare(w.sorted[from+i], q) > 0 })
	return from, to
}

// mark puts who has a word that begins so into a set.
func (w *wordTable) mark(s set, word string) {
	if strings.IndexByte(word, wordMark) >= 0 {
		return // no word has one
	}
	q := prefixOf([]byte(word))
	from, to := w.find(q)
	for _, p := range w.sorted[from:to] {
		s.put(p.who)
	}
	for _, p := range w.fresh {
		if w.compare(p, q) == 0 {
			s.put(p.who)
		}
	}
}

// set is a set of patients' numbers, a bit for each.
type set []uint64

// newSet is an empty one for numbers up to so many.
func newSet(n int) set { return make(set, n/64+1) }

func (s set) put(who uint32) { s[who/64] |= 1 << (who % 64) }

func (s set) has(who uint32) bool { return s[who/64]&(1<<(who%64)) != 0 }

// and keeps what is in the other set too.
func (s set) and(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

// count is how many are in the set.
func (s set) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}
