package audit

// report says what all that is remembered comes to, now that the whole chain was
// seen.
func (w *walk) report() Report {
	if w.holds {
		w.settle(w.held, nil)
	}
	last := w.tail()
	moved := w.sort(last)
	for _, h := range w.holes {
		w.notes.add(Finding{Kind: Lost, From: h.from, To: h.to})
	}
	for len(moved) > 0 {
		var group []stray
		group, moved = together(moved)
		w.notes.add(asMoved(group))
	}
	r := Report{Entries: w.entries, End: w.proved, Findings: w.notes.kept, Omitted: w.notes.omitted}
	r.Findings = sorted(append(r.Findings, w.known.findings(last)...))
	r.Agreed, r.Unseen = w.known.count()
	return r
}

// tail says what became of what lies behind the last in line, and returns the
// last place at which something stands. What goes on from the end without a gap
// was changed, and so was what heads from outside tell of; the rest was put in.
func (w *walk) tail() uint64 {
	last := w.end.Seq
	for _, l := range w.loose {
		if l.from != last+1 && l.from > w.known.top() {
			if l.stray < 0 {
				w.notes.add(Finding{Kind: Inserted, From: l.from, To: l.to, Count: l.to - l.from + 1})
			}
			continue
		}
		w.hole(last+1, l.from-1)
		if l.stray >= 0 {
			w.strays[l.stray].covers, w.strays[l.stray].place = true, l.span
		} else {
			w.notes.add(Finding{Kind: Changed, From: l.from, To: l.to, Count: l.to - l.from + 1})
		}
		last = l.to
	}
	return last
}

// sort tells strays that were moved from copies. It was moved if its own place is
// empty, taken by another stray, or behind the last; otherwise it is a copy.
func (w *walk) sort(last uint64) (moved []stray) {
	for i, s := range w.strays {
		gone := w.carve(s.span) || s.to > last
		for j, other := range w.strays {
			gone = gone || i != j && other.covers && other.place.overlaps(s.span)
		}
		if gone {
			moved = append(moved, s)
			continue
		}
		f := Finding{Kind: Duplicated, From: s.place.from, To: s.place.to, Of: s.from, Count: s.to - s.from + 1}
		if !s.keyRead {
			f.Kind = KeyUnreadable
		}
		w.notes.add(f)
	}
	return moved
}

// carve takes places out of the holes and says whether there were any.
func (w *walk) carve(s span) bool {
	var left []span
	found := false
	for _, h := range w.holes {
		if !h.overlaps(s) {
			left = append(left, h)
			continue
		}
		found = true
		if h.from < s.from {
			left = append(left, span{h.from, s.from - 1})
		}
		if h.to > s.to {
			left = append(left, span{s.to + 1, h.to})
		}
	}
	w.holes = left
	return found
}

// together takes the first of moved and all that have to do with it: two entries
// that changed places, the parts of a rotation.
func together(moved []stray) (group, rest []stray) {
	group, rest = moved[:1:1], moved[1:]
	for i := 0; i < len(group); i++ {
		var left []stray
		for _, s := range rest {
			if group[i].touches(s) {
				group = append(group, s)
			} else {
				left = append(left, s)
			}
		}
		rest = left
	}
	return group, rest
}

// touches says whether one stands where the other belongs, or beside it.
func (s stray) touches(o stray) bool {
	beside := span{s.place.from - 1, s.place.to + 1} // places are numbered from 1
	return s.place.overlaps(o.span) || o.place.overlaps(s.span) || beside.overlaps(o.place)
}

// asMoved is the range of places that a group has left and taken.
func asMoved(group []stray) Finding {
	f := Finding{Kind: Moved, From: group[0].from, Of: group[0].from}
	for _, s := range group {
		to := s.place.to
		if !s.covers && to > s.to {
			to-- // it stands before the place, which itself is as it was
		}
		f.From = min(f.From, s.from, s.place.from)
		f.To = max(f.To, s.to, to)
		f.Of = min(f.Of, s.from)
		f.Count += s.to - s.from + 1
		if !s.keyRead {
			f.Kind = KeyUnreadable
		}
	}
	return f
}
