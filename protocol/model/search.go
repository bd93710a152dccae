package model

import (
	"hash/maphash"
	"math"
)

// Report is what an exhaustive search found.
type Report struct {
	Bounds      string
	States      int
	Transitions int
	Depth       int // steps to the state that is furthest from the first
	Fired       [actions]int
	// Broken is the property that does not hold, and Trace the shortest way to
	// it; 0 and nil where all hold.
	Broken Property
	Trace  []Step

	met []bool // of premises()
}

// Step is one step of a trace.
type Step struct {
	Action Action // 0: the first state
	State  State
}

// graph is what the search has seen. States are numbered in the order in which
// they were found.
type graph struct {
	states []State
	parent []uint32
	by     []Action
	table  []uint32 // number + 1 by hash, open addressing
	seed   maphash.Seed

	// fair are the transitions that the ends take by themselves, as pairs of from
	// and to.
	fair [][2]uint32
}

// number finds a state or adds it.
func (g *graph) number(s *State) (n uint32, found bool) {
	if len(g.states)*2 >= len(g.table) {
		g.grow()
	}
	i := g.slot(s)
	if g.table[i] != 0 {
		return g.table[i] - 1, true
	}
	g.states = append(g.states, *s)
	n = uint32(len(g.states) - 1)
	g.table[i] = n + 1
	return n, false
}

// slot is where a state stands in the table, or would.
func (g *graph) slot(s *State) uint64 {
	mask := uint64(len(g.table) - 1)
	i := maphash.Comparable(g.seed, *s) & mask
	for g.table[i] != 0 && g.states[g.table[i]-1] != *s {
		i = (i + 1) & mask
	}
	return i
}

// leastTable is the size of an empty table.
const leastTable = 1 << 12

func (g *graph) grow() {
	g.table = make([]uint32, max(leastTable, 2*len(g.table)))
	for n := range g.states {
		g.table[g.slot(&g.states[n])] = uint32(n) + 1
	}
}

// Check searches every state that the model reaches within b, broken as flaw
// says, breadth first. It ends at the first state in which a property is broken.
// Where none is, it looks whether the ends agree again from everywhere.
func Check(b Bounds, flaw Mutation) *Report { return (&machine{bounds: b, flaw: flaw}).search() }

func (m *machine) search() *Report {
	b := m.bounds
	g := &graph{seed: maphash.MakeSeed()}
	r := &Report{Bounds: b.Name, met: make([]bool, len(premises()))}
	first := m.first()
	g.number(&first)
	g.parent, g.by = append(g.parent, 0), append(g.by, noAction)
	fair, all := fairness(), premises()
	level, last := 0, 0 // last state of this level
	for n := 0; n < len(g.states); n++ {
		if n > last {
			level, last = level+1, len(g.states)-1
		}
		s := g.states[n]
		for i := range all {
			r.met[i] = r.met[i] || all[i].holds(&b, &s)
		}
		for _, next := range m.successors(&s) {
			r.Transitions++
			r.Fired[next.action]++
			to, found := g.number(&next.to)
			if !found {
				g.parent, g.by = append(g.parent, uint32(n)), append(g.by, next.action)
				if next.to.seen.bad != kept {
					r.States, r.Depth = len(g.states), level+1
					r.Broken, r.Trace = next.to.seen.bad, g.trace(to)
					return r
				}
			}
			if fair[next.action] && to != uint32(n) {
				g.fair = append(g.fair, [2]uint32{uint32(n), to})
			}
		}
	}
	r.States, r.Depth = len(g.states), level
	if n, ok := g.stuck(); ok {
		r.Broken, r.Trace = Agreement, g.trace(n)
	}
	return r
}

func fairness() (fair [actions]bool) {
	for a, is := range table() {
		fair[a] = is.fair
	}
	return fair
}

// trace is the way from the first state to n: a shortest one.
func (g *graph) trace(n uint32) (steps []Step) {
	for {
		steps = append([]Step{{g.by[n], g.states[n]}}, steps...)
		if g.by[n] == noAction {
			return steps
		}
		n = g.parent[n]
	}
}

// stuck finds the first state from which no fair steps lead to one in which the
// ends agree. It follows the fair transitions backwards from all of those.
func (g *graph) stuck() (uint32, bool) {
	start := make([]uint32, len(g.states)+1) // of the predecessors of each state
	for _, e := range g.fair {
		start[e[1]+1]++
	}
	for n := range g.states {
		start[n+1] += start[n]
	}
	before, fill := make([]uint32, len(g.fair)), append([]uint32(nil), start...)
	for _, e := range g.fair {
		before[fill[e[1]]] = e[0]
		fill[e[1]]++
	}
	good := make([]bool, len(g.states))
	var todo []uint32
	for n := range g.states {
		if agrees(&g.states[n]) {
			good[n] = true
			todo = append(todo, uint32(n))
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range before[start[n]:start[n+1]] {
			if !good[p] {
				good[p] = true
				todo = append(todo, p)
			}
		}
	}
	for n := range good {
		if !good[n] {
			return uint32(n), true
		}
	}
	return math.MaxUint32, false
}
