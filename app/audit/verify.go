package audit

import (
	"fmt"
	"iter"
	"math"
	"slices"
)

// Options are what a verification may look at besides the chain. The zero value
// is nothing.
type Options struct {
	// Known are heads from outside, in any order, at most MaxKnown.
	Known []Known
	// Open, if there is one, is called for each entry that holds and stands in
	// line, and returns an error if the caller's seal does not open or what is
	// sealed is not entry seq. It may not keep sealed.
	Open func(seq uint64, sealed []byte) error
}

// Verify judges the stored values of a chain, with their keys, in the order in
// which they lie in the store. It needs only the chain's key, keeps neither keys
// nor values, and remembers no more of a long chain than of a short one. An
// iterator that ended early because of an error makes a report about a chain that
// ends there: its caller has to throw it away.
//
// One thing that was done to the chain makes one finding where it was done, as far
// as that can be told: a value that was changed and one that was made up at the
// very end look the same.
//
// The errors are about c and o alone: ErrKey, ErrTooLarge or an *InvalidError.
func (c Chain) Verify(stored iter.Seq2[[]byte, []byte], o Options) (Report, error) {
	if c.key.none() {
		return Report{}, ErrKey
	}
	known, err := newWitness(o.Known)
	if err != nil {
		return Report{}, err
	}
	w := walk{links: c.linker(), open: o.Open, known: known, proved: c.Start(), end: c.Start(), whole: true}
	known.see(w.end, true)
	for key, value := range stored {
		w.step(key, value)
	}
	return w.report(), nil
}

// item is one stored value on its way through a walk.
type item struct {
	Stored
	proven  bool   // nobody without the key made it; otherwise Stored is empty
	key     uint64 // where it stands
	keyRead bool
}

// walk goes along a chain. In line is what follows from the entries before it;
// everything else is remembered beside it, as spans, until it is clear what it is.
type walk struct {
	links *linker
	open  func(uint64, []byte) error
	known *witness
	notes notes

	entries uint64
	proved  End  // the last that holds and is in line
	end     End  // the last that is taken to be in line
	whole   bool // both are the same, so that the next has to follow from it
	// shift is how much higher keys are than numbers, modulo 2^64. It is 0 but
	// behind something put in or taken out by somebody who numbered the rest anew.
	shift   uint64
	lastKey uint64
	loose   []loose
	held    item // waits for the one behind it, if holds
	holds   bool
	sealed  []byte

	holes  []span
	strays []stray
}

// span is a range of places, both ends included.
type span struct{ from, to uint64 }

func (s span) overlaps(o span) bool { return s.from <= o.to && o.from <= s.to }

// loose is a range of places behind end that something claims by its key.
type loose struct {
	span
	stray int // which of the strays; -1: values that do not hold
}

// stray is a run of entries that hold but are not in line.
type stray struct {
	span           // their numbers
	place   span   // where they stand; before place.from unless covers
	covers  bool   // they stand where something else belongs
	claims  uint64 // the last place claimed by a key
	keyRead bool
	claimed bool // loose has the place
}

// next is the place behind the end.
func (w *walk) next() uint64 { return w.end.Seq + 1 }

// own says whether an item holds and stands under its own key.
func (w *walk) own(it item) bool {
	return it.proven && it.keyRead && it.key == it.Seq+w.shift
}

func (w *walk) step(key, value []byte) {
	w.entries++
	var it item
	if s, err := Split(value); err == nil && w.links.proves(s) {
		it.Stored, it.proven = s, true
	}
	it.key, it.keyRead = ReadKey(key)
	if w.holds {
		w.holds = false
		w.settle(w.held, &it)
	}
	if it.Seq == w.next() && w.own(it) {
		w.accept(it)
		return
	}
	// What lies behind it tells whether it is out of line or something is missing
	// before it. The iterator's bytes may be gone by then.
	w.sealed = append(w.sealed[:0], it.Sealed...)
	it.Sealed = w.sealed
	w.held, w.holds = it, true
}

// settle says what an item is that does not follow the end, now that the one
// behind it is known; behind is nil at the end.
func (w *walk) settle(it item, behind *item) {
	switch {
	case !it.proven:
		w.bad(it)
	case it.Seq == w.next() && !w.copied(it, behind), it.Seq > w.next() && !w.goesBack(it, behind):
		w.accept(it)
	default:
		w.stray(it)
	}
}

// copied says whether the entry that should stand here comes now, so that this is
// a copy of it under a wrong key.
func (w *walk) copied(it item, behind *item) bool {
	return behind != nil && behind.Seq == it.Seq && w.own(*behind)
}

// goesBack says whether the chain goes on before it, so that it is out of line.
func (w *walk) goesBack(it item, behind *item) bool {
	switch {
	case behind == nil:
		return false
	case behind.proven && w.own(it) && !w.own(*behind) && (!behind.keyRead || behind.key > it.key):
		return false // the keys go on, and the one behind is the one under a wrong key
	case behind.proven:
		return behind.Seq <= it.Seq
	}
	return behind.keyRead && behind.key-w.shift <= it.Seq
}

// accept takes an item as the next in line, over what is missing before it.
func (w *walk) accept(it item) {
	if it.Seq == w.next() && w.whole && it.Before != w.end.Head {
		w.notes.add(Finding{Kind: Rewritten, From: it.Seq, To: it.Seq, Count: 1, Text: "it does not follow the entry before it; one of the two is of another history"})
	}
	w.fill(it.Seq)
	w.checkKey(it)
	if w.open != nil {
		if err := w.open(it.Seq, it.Sealed); err != nil {
			w.notes.add(Finding{Kind: Unopened, From: it.Seq, To: it.Seq, Count: 1, Text: plain(err)})
		}
	}
	w.proved, w.end, w.whole = it.End(), it.End(), true
	w.loose = w.loose[:0]
	w.known.see(w.end, true)
}

// fill says what became of the places from next to before seq, and of what claims
// places there.
func (w *walk) fill(seq uint64) {
	at := w.next()
	for _, l := range w.loose {
		inside := span{max(l.from, at), min(l.to, seq-1)}
		if inside.from > inside.to {
			w.outside(l, seq)
			continue
		}
		w.hole(at, inside.from-1)
		if l.stray >= 0 {
			w.strays[l.stray].covers, w.strays[l.stray].place = true, inside
		} else {
			w.notes.add(Finding{Kind: Changed, From: inside.from, To: inside.to, Count: inside.to - inside.from + 1})
		}
		at = inside.to + 1
		if l.to >= seq {
			w.outside(loose{span{seq, l.to}, l.stray}, seq)
		}
	}
	w.hole(at, seq-1)
}

// outside says what became of something that claims places behind place, but
// stands before it.
func (w *walk) outside(l loose, place uint64) {
	if l.stray < 0 {
		w.notes.add(Finding{Kind: Inserted, From: place, To: place, Count: l.to - l.from + 1})
	}
}

// hole remembers that nothing stands at places. What belongs there may come yet.
func (w *walk) hole(from, to uint64) {
	if from > to {
		return
	}
	if len(w.holes) < MaxFindings {
		w.holes = append(w.holes, span{from, to})
		return
	}
	w.notes.add(Finding{Kind: Lost, From: from, To: to})
}

// checkKey holds the key of an item in line against its number. Where something
// was put in or taken out, the rest may have been numbered anew: the keys run on,
// and only what is between them makes that another shift.
func (w *walk) checkKey(it item) {
	const text = "the key %d stands over it"
	switch {
	case !it.keyRead:
		w.notes.add(Finding{Kind: KeyUnreadable, From: it.Seq, To: it.Seq, Count: 1})
	case it.key-it.Seq == w.shift:
	case it.key == it.Seq:
		w.shift = 0
	case it.key == w.lastKey+1:
		w.shift = it.key - it.Seq
	default:
		w.notes.add(Finding{Kind: Changed, From: it.Seq, To: it.Seq, Count: 1, Text: fmt.Sprintf(text, it.key)})
	}
	w.lastKey = it.Seq + w.shift
}

// bad remembers a value that does not hold.
func (w *walk) bad(it item) {
	if !it.keyRead {
		w.notes.add(Finding{Kind: KeyUnreadable, From: w.next(), To: w.next(), Count: 1})
		return
	}
	w.lastKey = it.key
	if place := it.key - w.shift; !w.claim(place, -1) {
		w.notes.add(Finding{Kind: Inserted, From: w.next(), To: w.next(), Count: 1})
	}
}

// claim remembers that something claims a place behind end and behind all that
// was claimed. It says no to any other place.
func (w *walk) claim(place uint64, stray int) bool {
	if place < w.next() || place == math.MaxUint64 {
		return false
	}
	if n := len(w.loose); n > 0 {
		last := &w.loose[n-1]
		if place <= last.to {
			return false
		}
		if place == last.to+1 && stray == last.stray {
			last.to = place
			return true
		}
	}
	if len(w.loose) == MaxFindings {
		// Too much to wait for what comes behind: take it that the chain went on.
		to := w.loose[len(w.loose)-1].to
		w.fill(to + 1)
		w.end.Seq, w.whole, w.loose = to, false, w.loose[:0]
	}
	w.loose = append(w.loose, loose{span{place, place}, stray})
	return true
}

// stray remembers an entry that holds but is not in line.
func (w *walk) stray(it item) {
	w.known.see(it.End(), false)
	place := it.key - w.shift
	if it.keyRead {
		w.lastKey = it.key
	}
	if n := len(w.strays); n > 0 {
		last := &w.strays[n-1]
		if it.Seq == last.to+1 && last.place.from == w.next() && !last.covers && it.keyRead && last.keyRead && place == last.claims+1 {
			last.to, last.claims = it.Seq, place
			last.claimed = last.claimed && w.claim(place, n-1)
			return
		}
	}
	if len(w.strays) == MaxFindings {
		w.notes.add(Finding{Kind: Moved, From: w.next(), To: w.next(), Of: it.Seq, Count: 1})
		return
	}
	s := stray{span: span{it.Seq, it.Seq}, place: span{w.next(), w.next()}, claims: place, keyRead: it.keyRead}
	// Under its own key it takes nobody's place; and where its own place is waiting
	// for it, the keys only run on.
	s.claimed = it.keyRead && place != it.Seq && !w.awaited(it.Seq) && w.claim(place, len(w.strays))
	w.strays = append(w.strays, s)
}

// awaited says whether the place of entry seq was found empty.
func (w *walk) awaited(seq uint64) bool {
	return slices.ContainsFunc(w.holes, func(h span) bool { return h.overlaps(span{seq, seq}) })
}
