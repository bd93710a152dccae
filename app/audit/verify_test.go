package audit

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func (p pair) String() string {
	s, err := Split(p.value)
	if err != nil {
		return fmt.Sprintf("%x: no value", p.key)
	}
	return fmt.Sprintf("%x: %d", p.key, s.Seq)
}

// stream hands pairs on the way a database does: the bytes are gone afterwards.
func stream(pairs []pair) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		var key, value []byte
		for _, p := range pairs {
			key, value = append(key[:0], p.key...), append(value[:0], p.value...)
			if !yield(key, value) {
				return
			}
			clear(key)
			clear(value)
		}
	}
}

func verify(tb testing.TB, c Chain, pairs []pair, o Options) Report {
	tb.Helper()
	r, err := c.Verify(stream(pairs), o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func wantPlaces(t *testing.T, r Report, want ...place) {
	t.Helper()
	if !slices.Equal(places(r), want) {
		t.Errorf("found %v, want %v", r.Findings, want)
	}
}

// Whatever the length at which a chain is cut, a head from outside shows it, and
// which one told.
func TestCutAtEachLength(t *testing.T) {
	const n = 20
	h := newHistory(t, n)
	known := []Known{h.known(n, "backup"), h.known(7, "report of 2026-03-01"), h.known(0, "first start")}
	for left := range n {
		r := verify(t, h.chain, h.pairs[:left], Options{Known: known})
		wantPlaces(t, r, place{CutOff, left + 1, n})
		if r.End != h.ends[left] || r.Entries != uint64(left) || !strings.HasSuffix(r.Findings[0].Text, "backup") {
			t.Errorf("cut to %d: %+v", left, r)
		}
	}
	if r := verify(t, h.chain, h.pairs, Options{Known: known}); !r.OK() || r.Agreed != 3 || r.Unseen != 0 || r.End != h.ends[n] {
		t.Errorf("uncut: %+v", r)
	}
	if r := verify(t, h.chain, nil, Options{}); !r.OK() || r.End != h.chain.Start() {
		t.Errorf("empty: %+v", r)
	}
}

// Who has the key can write another history that holds. Heads from outside show
// where it leaves the one that was.
func TestRewritten(t *testing.T) {
	const n = 20
	h := newHistory(t, n)
	reports := []Known{h.known(15, "pen SN 0042"), h.known(5, "report 5"), h.known(10, "report 10"), h.known(20, "backup")}
	for from := range n { // so many entries are left as they were
		forged := h.first(from).write(t, n-from, "forged")
		r := verify(t, h.chain, forged.pairs, Options{Known: reports})
		lowest := (from/5)*5 + 1 // behind the last head that agrees
		wantPlaces(t, r, place{Rewritten, lowest, lowest + 4})
		if r.Agreed != from/5 || r.Unseen != 0 {
			t.Errorf("from %d: %d agree, %d unseen", from, r.Agreed, r.Unseen)
		}
		if r := verify(t, h.chain, forged.pairs, Options{}); !r.OK() {
			t.Errorf("without known heads a history written with the key holds: %v", r.Findings)
		}
		// Short heads, as a report has them, do the same.
		typed, err := ParseKnown(n, h.ends[n].Head.Short(), "report")
		if err != nil {
			t.Fatal(err)
		}
		wantPlaces(t, verify(t, h.chain, forged.pairs, Options{Known: []Known{typed}}), place{Rewritten, 1, n})
		// Rewritten and shorter.
		wantPlaces(t, verify(t, h.chain, forged.pairs[:max(from, 16)], Options{Known: reports}), func() []place {
			cut := place{CutOff, max(from, 16) + 1, n}
			if from >= 15 {
				return []place{cut}
			}
			return []place{{Rewritten, lowest, lowest + 4}, cut}
		}()...)
	}
}

// The end of one history behind the beginning of another, both by the same key:
// as after a backup was restored and the old file was partly put back.
func TestSpliced(t *testing.T) {
	h := newHistory(t, 12)
	fork := h.first(4).write(t, 8, "otherwise")
	spliced := slices.Concat(fork.pairs[:8], h.pairs[8:])
	wantPlaces(t, verify(t, h.chain, spliced, Options{}), place{Rewritten, 9, 9})
	spliced = slices.Concat(h.pairs[:6], fork.pairs[6:7], h.pairs[7:])
	wantPlaces(t, verify(t, h.chain, spliced, Options{}), place{Rewritten, 7, 8})
}

func TestAnotherStore(t *testing.T) {
	h := newHistory(t, 5)
	sameKey, otherKey := chainFor(t, "k", "store-2"), chainFor(t, "x", "store-1")
	wantPlaces(t, verify(t, sameKey, h.pairs, Options{}), place{Rewritten, 1, 1})
	wantPlaces(t, verify(t, otherKey, h.pairs, Options{}), place{Changed, 1, 5})
	r := verify(t, h.chain, h.pairs, Options{Known: []Known{{Seq: 0, Head: sameKey.Start().Head, Where: "that store's report"}}})
	wantPlaces(t, r, place{Rewritten, 0, 0})
}

// A head that differs before one that agrees can't be of this history.
func TestContradictingHeads(t *testing.T) {
	h := newHistory(t, 5)
	wrong := Known{Seq: 2, Head: h.ends[3].Head, Where: "a note"}
	r := verify(t, h.chain, h.pairs, Options{Known: []Known{wrong, h.known(4, "backup"), h.known(2, "report")}})
	wantPlaces(t, r, place{Rewritten, 1, 2})
	if text := r.Findings[0].Text; !strings.Contains(text, "a note") || !strings.Contains(text, "backup agrees") && !strings.Contains(text, "report agrees") || r.Agreed != 2 {
		t.Errorf("%+v", r)
	}
}

// A head whose entry was changed tells nothing, and is counted as such; one whose
// entry lies about somewhere is no witness for what stands in its place.
func TestUnseenHeads(t *testing.T) {
	h := newHistory(t, 9)
	pairs := slices.Clone(h.pairs)
	pairs[3].value = []byte("gone")
	r := verify(t, h.chain, pairs, Options{Known: []Known{h.known(4, "report"), h.known(9, "backup")}})
	wantPlaces(t, r, place{Changed, 4, 4})
	if r.Agreed != 1 || r.Unseen != 1 {
		t.Errorf("%+v", r)
	}
	fork := h.first(5).write(t, 4, "otherwise")
	pairs = append(slices.Clone(fork.pairs), h.pairs[8])
	r = verify(t, h.chain, pairs, Options{Known: []Known{h.known(9, "backup")}})
	wantPlaces(t, r, place{Rewritten, 1, 9}, place{Duplicated, 10, 10})
}

// What was done in several places is several findings, each at its place.
func TestSeveralTamperings(t *testing.T) {
	h := newHistory(t, 40)
	p := h.pairs
	broken := pair{p[4].key, []byte("changed")}
	pairs := slices.Concat(
		p[:4], []pair{broken}, p[5:9], // 5 changed
		p[11:19],               // 10 and 11 missing
		[]pair{p[2]}, p[19:24], // a copy of 3 before 20
		[]pair{p[25], p[24]}, p[26:35], // 25 and 26 exchanged
		[]pair{{[]byte{1}, p[35].value}}, p[36:38], // the key of 36
	)
	r := verify(t, h.chain, pairs, Options{Known: []Known{h.known(40, "backup")}})
	wantPlaces(t, r, place{Changed, 5, 5}, place{Lost, 10, 11}, place{Duplicated, 20, 20}, place{Moved, 25, 26},
		place{KeyUnreadable, 36, 36}, place{CutOff, 39, 40})
	want := []string{
		"entry 5: changed", "entries 10 to 11: missing", "entry 20: duplicated (entry 3)", "entries 25 to 26: moved (entry 26)",
		"entry 36: key unreadable", "entries 39 to 40: cut off: known from backup",
	}
	for i, f := range r.Findings {
		if f.String() != want[i] {
			t.Errorf("%q, want %q", f, want[i])
		}
	}
}

// Behind the last that holds, only a head from outside tells whether there was
// more: values under far keys are then what became of it, else they were put in.
func TestBehindTheEnd(t *testing.T) {
	h := newHistory(t, 9)
	bad := func(seq int) pair { return pair{SeqKey(uint64(seq)), []byte("changed")} }
	pairs := append(slices.Clone(h.pairs[:5]), bad(6), bad(8), bad(9), bad(12))
	wantPlaces(t, verify(t, h.chain, pairs, Options{}), place{Changed, 6, 6}, place{Inserted, 8, 9}, place{Inserted, 12, 12})
	r := verify(t, h.chain, pairs, Options{Known: []Known{h.known(9, "backup")}})
	wantPlaces(t, r, place{Changed, 6, 6}, place{Lost, 7, 7}, place{Changed, 8, 9}, place{Inserted, 12, 12})
	if r.End != h.ends[5] || r.Unseen != 1 {
		t.Errorf("%+v", r)
	}
}

// Keys that were numbered anew behind a gap for a while are part of that finding.
func TestRenumberedForAWhile(t *testing.T) {
	h := newHistory(t, 14)
	pairs := keys(slices.Delete(slices.Clone(h.pairs), 4, 5))
	copy(pairs[9:], h.pairs[10:])
	wantPlaces(t, verify(t, h.chain, pairs, Options{}), place{Lost, 5, 5})
}

func TestOpenHook(t *testing.T) {
	h := newHistory(t, 8)
	pairs := slices.Clone(h.pairs)
	pairs[1].value = []byte("changed")
	var seen []uint64
	r := verify(t, h.chain, slices.Delete(pairs, 5, 6), Options{Open: func(seq uint64, sealed []byte) error {
		if seen = append(seen, seq); string(sealed) != fmt.Sprintf("sealed %d", seq) {
			t.Errorf("entry %d came with %q", seq, sealed)
		}
		if seq == 3 || seq == 4 || seq == 7 {
			return fmt.Errorf("does not\nopen \xff%s", strings.Repeat("ü", 1000))
		}
		return nil
	}})
	wantPlaces(t, r, place{Changed, 2, 2}, place{Unopened, 3, 4}, place{Lost, 6, 6}, place{Unopened, 7, 7})
	if !slices.Equal(seen, []uint64{1, 3, 4, 5, 7, 8}) {
		t.Errorf("opened %v", seen)
	}
	if text := r.Findings[1].Text; !cleanText(text) || utf8.RuneCountInString(text) > maxErrorRunes+1 {
		t.Errorf("%q", text)
	}
}

func TestVerifyRefuses(t *testing.T) {
	h := newHistory(t, 1)
	if _, err := (Chain{}).Verify(stream(h.pairs), Options{}); !errors.Is(err, ErrKey) {
		t.Errorf("no chain verifies: %v", err)
	}
	var invalid *InvalidError
	if _, err := h.chain.Verify(stream(h.pairs), Options{Known: []Known{{Where: "a\x00b"}}}); !errors.As(err, &invalid) {
		t.Errorf("control characters: %v", err)
	}
	if _, err := h.chain.Verify(stream(h.pairs), Options{Known: make([]Known, MaxKnown+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too many: %v", err)
	}
	given := []Known{h.known(1, "b"), h.known(0, "a")}
	if verify(t, h.chain, h.pairs, Options{Known: given}); given[0].Where != "b" {
		t.Error("the caller's heads were sorted")
	}
}

// spoilt is a chain that is wrong in as many places as it can be.
func spoilt(h history, how string) []pair {
	var out []pair
	for i, p := range h.pairs {
		switch odd := i%2 == 1; {
		case how == "changed" && odd:
			p.value = []byte("changed")
		case how == "missing" && odd:
			continue
		case how == "scattered" && odd:
			continue
		case how == "scattered":
			p.value = []byte("changed")
		case how == "copies" && odd:
			out = append(out, h.pairs[i/3])
		case how == "unreadable" && odd:
			p.key = p.key[:3]
		}
		out = append(out, p)
	}
	if how == "backwards" {
		slices.Reverse(out)
	}
	return out
}

// A chain that is wrong everywhere fills no memory: findings are bounded, and the
// rest is counted.
func TestBounded(t *testing.T) {
	h := newHistory(t, 6000)
	for _, how := range []string{"changed", "missing", "scattered", "copies", "unreadable", "backwards"} {
		r := verify(t, h.chain, spoilt(h, how), Options{Known: []Known{h.known(6000, "backup")}})
		if r.OK() || len(r.Findings) > MaxFindings+2 || how != "backwards" && len(r.Findings)+int(r.Omitted) < 1500 {
			t.Errorf("%s: %d findings, %d omitted", how, len(r.Findings), r.Omitted)
		}
		if how == "backwards" && r.Omitted == 0 {
			t.Errorf("%s: nothing omitted", how)
		}
	}
	// Too many places to wait for what comes behind: each is still counted once, and
	// what comes behind is in line.
	long := newHistory(t, 1000)
	scattered := spoilt(long.first(2*MaxFindings-1), "scattered") // as many changed, one less missing between them
	far := pair{SeqKey(9999), []byte("made up")}
	r := verify(t, h.chain, slices.Concat(scattered, []pair{far}, long.pairs[2*MaxFindings-1:]), Options{})
	if len(r.Findings) != MaxFindings || r.Omitted != MaxFindings-1+1 || r.End != long.ends[1000] {
		t.Errorf("%d findings, %d omitted, end %v", len(r.Findings), r.Omitted, r.End)
	}
	// What heads from outside tell has its place, however much else is wrong.
	r = verify(t, h.chain, spoilt(h, "changed")[:5000], Options{Known: []Known{h.known(6000, "backup"), {Seq: 1, Where: "x"}}})
	kinds := make(map[Kind]int)
	for _, f := range r.Findings {
		kinds[f.Kind]++
	}
	if kinds[CutOff] != 1 || kinds[Rewritten] != 1 || kinds[Changed] != MaxFindings || r.Omitted != 2500-MaxFindings {
		t.Errorf("%v, %d omitted", kinds, r.Omitted)
	}
	if (Report{Omitted: 1}).OK() {
		t.Error("a report whose findings were all left out is fine")
	}
}

// Verifying allocates no more for a long chain than for a short one.
func TestVerifyAllocatesOnce(t *testing.T) {
	cost := func(n int) float64 {
		pairs, c := newHistory(t, n).pairs, chainFor(t, "k", "store-1")
		return testing.AllocsPerRun(5, func() {
			if r := verify(t, c, pairs, Options{}); !r.OK() {
				t.Fatal(r.Findings)
			}
		})
	}
	if short, long := cost(100), cost(5000); long > short+2 {
		t.Errorf("%v allocations for 100 entries, %v for 5000", short, long)
	}
}

// BenchmarkVerify verifies 100,000 entries of 500 bytes; the floor beside it is
// hashing as many bytes.
func BenchmarkVerify(b *testing.B) {
	const entries, size = 100_000, 500
	c := chainFor(b, "k", "store-1")
	sealed := make([]byte, size)
	pairs := make([]pair, 0, entries)
	end := c.Start()
	for range entries {
		key, value, next, err := c.Next(end, sealed)
		if err != nil {
			b.Fatal(err)
		}
		pairs, end = append(pairs, pair{key, value}), next
	}
	b.Run("chain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r := verify(b, c, pairs, Options{Known: []Known{{Seq: end.Seq, Head: end.Head}}}); !r.OK() || r.Entries != entries {
				b.Fatal(r.Findings)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
	})
	b.Run("floor", func(b *testing.B) {
		l := c.linker()
		for b.Loop() {
			for range entries {
				l.link(1, Head{}, sealed)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
	})
}
