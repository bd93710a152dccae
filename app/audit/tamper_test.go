package audit

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// place is what a test demands of a finding: what and where.
type place struct {
	kind     Kind
	from, to int
}

func places(r Report) []place {
	var out []place
	for _, f := range r.Findings {
		out = append(out, place{f.Kind, int(f.From), int(f.To)})
	}
	return out
}

// tamperings each do one thing to a chain of n entries and say what has to be
// found. Each is done to at least three entries.
func tamperings() map[string]func(t *rapid.T, h history) ([]pair, []place) {
	return map[string]func(*rapid.T, history) ([]pair, []place){
		"nothing":       func(_ *rapid.T, h history) ([]pair, []place) { return h.pairs, nil },
		"change":        change,
		"change key":    changeKey,
		"move by key":   moveByKey,
		"remove":        remove,
		"make up":       makeUp,
		"copy in":       copyIn,
		"overwrite":     overwrite,
		"swap":          swap,
		"rotate":        rotate,
		"reverse":       reverse,
		"three places":  threePlaces,
		"several alike": several,
	}
}

func draw(t *rapid.T, from, to int, label string) int { return rapid.IntRange(from, to).Draw(t, label) }

// change makes a value another one that does not hold.
func change(t *rapid.T, h history) ([]pair, []place) {
	at := draw(t, 1, len(h.pairs), "at")
	out := slices.Clone(h.pairs)
	out[at-1].value = spoil(t, out[at-1].value)
	return out, []place{{Changed, at, at}}
}

// spoil is value with something changed.
func spoil(t *rapid.T, value []byte) []byte {
	b := bytes.Clone(value)
	i := draw(t, 0, len(b)-1, "byte")
	switch rapid.SampledFrom([]string{"bit", "cut", "more", "all", "seal", "links"}).Draw(t, "how") {
	case "bit":
		b[i] ^= 1 << draw(t, 0, 7, "bit")
	case "cut":
		b = b[:i]
	case "more":
		b = append(b, 0)
	case "all":
		b = []byte("something else altogether, longer than numbers and heads together are, so that it may be read")
	case "seal":
		b = append(b[:headerSize], "made up"...)
	case "links":
		clear(b[seqSize:headerSize])
	}
	return b
}

// keys numbers pairs anew.
func keys(pairs []pair) []pair {
	for i := range pairs {
		pairs[i].key = SeqKey(uint64(i + 1))
	}
	return pairs
}

// changeKey changes a key where it stands.
func changeKey(t *rapid.T, h history) ([]pair, []place) {
	n := len(h.pairs)
	at := draw(t, 1, n, "at")
	out := slices.Clone(h.pairs)
	kind := Changed
	switch to := draw(t, -1, n+5, "to"); {
	case to == at || to == -1:
		out[at-1].key = append(SeqKey(uint64(at)), 0)
		kind = KeyUnreadable
	case to == 0:
		out[at-1].key = SeqKey(0)
		kind = KeyUnreadable
	default:
		out[at-1].key = SeqKey(uint64(to))
	}
	return out, []place{{kind, at, at}}
}

// moveByKey puts a value under another key, in the order of keys.
func moveByKey(t *rapid.T, h history) ([]pair, []place) {
	n := len(h.pairs)
	at := draw(t, 1, n, "at")
	out := slices.Clone(h.pairs)
	moved := out[at-1]
	out = slices.Delete(out, at-1, at)
	far := uint64(n) + rapid.Uint64Range(1, 1<<63).Draw(t, "far")
	switch rapid.SampledFrom([]string{"end", "front", "between"}).Draw(t, "where") {
	case "end":
		moved.key = SeqKey(far)
		if at == n {
			return append(out, moved), []place{{Changed, n, n}}
		}
		return append(out, moved), []place{{Moved, at, n}}
	case "front":
		moved.key = SeqKey(0)
		return slices.Insert(out, 0, moved), []place{{KeyUnreadable, 1, at}}
	}
	// A key of nine bytes stands behind the one that begins it.
	behind := draw(t, 0, n-1, "behind") // so many others
	moved.key = append(binary.BigEndian.AppendUint64(nil, uint64(behind)), 7)
	out = slices.Insert(out, behind, moved)
	if behind >= at {
		return out, []place{{KeyUnreadable, at, behind + 1}}
	}
	return out, []place{{KeyUnreadable, behind + 1, at}}
}

// remove takes entries out, and may close the gap in the keys.
func remove(t *rapid.T, h history) ([]pair, []place) {
	n := len(h.pairs)
	at := draw(t, 1, n, "at")
	to := draw(t, at, n, "to")
	out := slices.Delete(slices.Clone(h.pairs), at-1, to)
	if rapid.Bool().Draw(t, "renumber") {
		out = keys(out)
	}
	if to == n {
		return out, []place{{CutOff, at, n}}
	}
	return out, []place{{Lost, at, to}}
}

// makeUp puts a value in that the key's holder never made.
func makeUp(t *rapid.T, h history) ([]pair, []place) {
	n := len(h.pairs)
	at := draw(t, 1, n+1, "before")
	made := pair{value: spoil(t, h.pairs[draw(t, 0, n-1, "like")].value)}
	out := slices.Clone(h.pairs)
	kind := Inserted
	switch how := rapid.SampledFrom([]string{"renumber", "same", "last", "far", "unreadable"}).Draw(t, "key"); how {
	case "renumber":
		out = keys(slices.Insert(out, at-1, made))
		if at == n+1 {
			kind = Changed // nobody can tell whether it ever was right
		}
		return out, []place{{kind, at, at}}
	case "same":
		made.key = SeqKey(uint64(at))
		if at == n+1 {
			kind = Changed
		}
	case "last":
		made.key = SeqKey(uint64(max(1, at-1)))
		if at == 1 && n == 0 {
			kind = Changed
		}
	case "far":
		made.key = SeqKey(uint64(n + 9))
		if at == n+1 {
			return append(out, made), []place{{Inserted, n + 9, n + 9}}
		}
	case "unreadable":
		made.key = append(SeqKey(uint64(at-1)), 0)
		kind = KeyUnreadable
	}
	return slices.Insert(out, at-1, made), []place{{kind, at, at}}
}

// copyIn puts a copy of an entry in.
func copyIn(t *rapid.T, h history) ([]pair, []place) {
	n := len(h.pairs)
	at, of := draw(t, 1, n+1, "before"), draw(t, 1, n, "of")
	out := slices.Clone(h.pairs)
	copied := out[of-1]
	found := place{Duplicated, at, at}
	switch rapid.SampledFrom([]string{"own", "renumber", "here", "far", "unreadable"}).Draw(t, "key") {
	case "own":
	case "renumber":
		if of == at {
			found.from, found.to = at+1, at+1 // the second of two that are alike
		}
		return keys(slices.Insert(out, at-1, copied)), []place{found}
	case "here":
		copied.key = SeqKey(uint64(at))
	case "far":
		copied.key = SeqKey(uint64(n + 9))
	case "unreadable":
		copied.key = append(SeqKey(uint64(at-1)), 0)
		found.kind = KeyUnreadable
	}
	if of == at && bytes.Equal(copied.key, SeqKey(uint64(at))) {
		found.from, found.to = at+1, at+1
	}
	return slices.Insert(out, at-1, copied), []place{found}
}

// overwrite puts a copy of an entry in the place of another.
func overwrite(t *rapid.T, h history) ([]pair, []place) {
	at, of := twoOf(t, len(h.pairs))
	if rapid.Bool().Draw(t, "up") {
		at, of = of, at
	}
	out := slices.Clone(h.pairs)
	out[at-1].value = out[of-1].value
	return out, []place{{Duplicated, at, at}}
}

func twoOf(t *rapid.T, n int) (low, high int) {
	low = draw(t, 1, n-1, "low")
	return low, draw(t, low+1, n, "high")
}

// inOrder may give the values of a list the keys of the places they stand at.
func inOrder(t *rapid.T, pairs []pair) []pair {
	if rapid.Bool().Draw(t, "values only") {
		return keys(pairs)
	}
	return pairs
}

func swap(t *rapid.T, h history) ([]pair, []place) {
	low, high := twoOf(t, len(h.pairs))
	out := slices.Clone(h.pairs)
	out[low-1], out[high-1] = out[high-1], out[low-1]
	return inOrder(t, out), []place{{Moved, low, high}}
}

func rotate(t *rapid.T, h history) ([]pair, []place) {
	low, high := twoOf(t, len(h.pairs))
	by := draw(t, 1, high-low, "by")
	part := h.pairs[low-1 : high]
	out := slices.Concat(h.pairs[:low-1], part[by:], part[:by], h.pairs[high:])
	return inOrder(t, out), []place{{Moved, low, high}}
}

func reverse(t *rapid.T, h history) ([]pair, []place) {
	low, high := twoOf(t, len(h.pairs))
	out := slices.Clone(h.pairs)
	slices.Reverse(out[low-1 : high])
	return inOrder(t, out), []place{{Moved, low, high}}
}

// threePlaces lets three entries change places in a ring.
func threePlaces(t *rapid.T, h history) ([]pair, []place) {
	low := draw(t, 1, len(h.pairs)-2, "low")
	middle := draw(t, low+1, len(h.pairs)-1, "middle")
	high := draw(t, middle+1, len(h.pairs), "high")
	out := slices.Clone(h.pairs)
	out[low-1], out[middle-1], out[high-1] = out[middle-1], out[high-1], out[low-1]
	return inOrder(t, out), []place{{Moved, low, high}}
}

// several changes a run of values.
func several(t *rapid.T, h history) ([]pair, []place) {
	low, high := twoOf(t, len(h.pairs))
	out := slices.Clone(h.pairs)
	for i := low - 1; i < high; i++ {
		out[i].value = spoil(t, out[i].value)
	}
	return out, []place{{Changed, low, high}}
}

// One thing that is done to a chain is one finding, at its place; and a chain to
// which nothing was done has none.
func TestTampering(t *testing.T) {
	whole := newHistory(t, 24)
	for name, tamper := range tamperings() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				h := whole.first(draw(rt, 3, 24, "entries"))
				pairs, want := tamper(rt, h)
				end := h.known(len(h.pairs), "a backup")
				got := places(verify(t, h.chain, pairs, Options{Known: []Known{end}}))
				if d := cmp.Diff(want, got, cmp.AllowUnexported(place{})); d != "" {
					rt.Fatalf("%v\n%s", pairs, d)
				}
				// Without a head from outside the end alone can't be seen to be missing.
				r := verify(t, h.chain, pairs, Options{})
				if len(want) == 1 && want[0].kind == CutOff {
					want = nil
				}
				if d := cmp.Diff(want, places(r), cmp.AllowUnexported(place{})); d != "" {
					rt.Fatalf("without a known head: %v\n%s", pairs, d)
				}
			})
		})
	}
}

// Whatever is done to a chain, with entries of another history under the same key
// too: it is found.
func TestAnything(t *testing.T) {
	whole := newHistory(t, 12)
	fork := whole.first(5).write(t, 7, "otherwise")
	rapid.Check(t, func(rt *rapid.T) {
		h := whole.first(draw(rt, 0, 12, "entries"))
		out := slices.Clone(h.pairs)
		for range draw(rt, 0, 4, "times") {
			at := draw(rt, 0, len(out), "at")
			p := whole.pairs[draw(rt, 0, 11, "which")]
			if rapid.Bool().Draw(rt, "fork") {
				p = fork.pairs[draw(rt, 0, 11, "which")]
			}
			if rapid.Bool().Draw(rt, "spoil") {
				p.value = spoil(rt, p.value)
			}
			if rapid.Bool().Draw(rt, "key") {
				p.key = rapid.SampledFrom([][]byte{nil, {1}, SeqKey(0), SeqKey(3), SeqKey(uint64(at + 1)), SeqKey(1<<64 - 1)}).Draw(rt, "as")
			}
			switch to := draw(rt, at, len(out), "to"); rapid.SampledFrom([]string{"put", "take", "replace"}).Draw(rt, "what") {
			case "put":
				out = slices.Insert(out, at, p)
			case "take":
				out = slices.Delete(out, at, to)
			case "replace":
				out = slices.Replace(out, at, min(at+1, len(out)), p)
			}
		}
		if rapid.Bool().Draw(rt, "renumber") {
			out = keys(out)
		}
		r := verify(t, h.chain, out, Options{Known: []Known{h.known(len(h.pairs), "here")}})
		// What goes on as it really went on is right, too.
		right := len(out) >= len(h.pairs) && (begins(whole, out) || len(h.pairs) <= 5 && begins(fork, out))
		if r.OK() != right {
			rt.Fatalf("%v: %+v", out, r)
		}
		for _, f := range r.Findings {
			if f.From > f.To || f.String() == "" {
				rt.Fatalf("%+v", f)
			}
		}
	})
}

func begins(h history, with []pair) bool {
	return len(with) <= len(h.pairs) && slices.EqualFunc(with, h.pairs[:len(with)], func(a, b pair) bool {
		return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
	})
}

// Each bit of each byte of keys and values is one finding at its entry.
func TestEveryBit(t *testing.T) {
	h := newHistory(t, 6)
	for i := range h.pairs {
		for _, part := range []string{"key", "value"} {
			size := 8 * len(h.pairs[i].key)
			if part == "value" {
				size = 8 * len(h.pairs[i].value)
			}
			for bit := range size {
				out := slices.Clone(h.pairs)
				target := &out[i].value
				want := place{Changed, i + 1, i + 1}
				if part == "key" {
					target = &out[i].key
				}
				*target = bytes.Clone(*target)
				(*target)[bit/8] ^= 1 << (bit % 8)
				if bytes.Equal(out[i].key, SeqKey(0)) {
					want.kind = KeyUnreadable
				}
				r := verify(t, h.chain, out, Options{Known: []Known{h.known(6, "here")}})
				if got := places(r); len(got) != 1 || got[0] != want || r.Entries != 6 {
					t.Errorf("bit %d of the %s of entry %d: %v", bit, part, i+1, r.Findings)
				}
				// The same in the order of keys, as a database would have it.
				slices.SortStableFunc(out, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
				r = verify(t, h.chain, out, Options{Known: []Known{h.known(6, "here")}})
				if f := r.Findings; len(f) != 1 || r.Omitted > 0 || f[0].From > uint64(i+1) || f[0].To < uint64(i+1) {
					t.Errorf("bit %d of the %s of entry %d, in order: %v", bit, part, i+1, r.Findings)
				}
			}
		}
	}
}
