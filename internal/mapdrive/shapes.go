package mapdrive

import (
	"math/rand/v2"
	"slices"
)

// A Shape is a sort of small scenarios for exploring. Which scenarios are tried matters more than
// which schedules.
type Shape struct {
	// Name says what the scenarios are: "pairs of operations on one key".
	Name string
	// Size is how many scenarios there are, 0 for any number by chance.
	Size int
	// Scenario returns number i.
	Scenario func(i int) Scenario
}

// Shapes returns the shapes for a map.
func (d *Driver) Shapes(fillings ...Filling) []Shape {
	has := d.kinds(d.New())
	pairs := d.pairs(has)
	var edges []Scenario
	for i, f := range fillings {
		edges = append(edges, d.edges(has, f, i > 0)...)
	}
	crowd := d.crowd(has)
	return slices.DeleteFunc([]Shape{
		{Name: "one worker", Scenario: d.byChance(0, func(rng *rand.Rand) Scenario { return d.single(has, rng) })},
		fixed("pairs of operations on one key", pairs),
		fixed("operations beside one that takes long, such as one that makes the table larger or smaller", edges),
		fixed("Range beside operations", crowd),
		fixed("Clear beside Clear and another operation", d.clears(has)),
		{Name: "Range among more keys", Scenario: d.byChance(3, func(rng *rand.Rand) Scenario { return d.among(rng) })},
		{Name: "few operations on few keys", Scenario: d.byChance(1, func(rng *rand.Rand) Scenario { return d.few(has, rng, 2, 1+rng.IntN(3)) })},
		{Name: "three workers", Scenario: d.byChance(2, func(rng *rand.Rand) Scenario { return d.few(has, rng, 3, 1+rng.IntN(2)) })},
	}, func(s Shape) bool { return s.Scenario == nil })
}

func fixed(name string, all []Scenario) Shape {
	if len(all) == 0 {
		return Shape{}
	}
	return Shape{name, len(all), func(i int) Scenario { return all[i] }}
}

func (d *Driver) byChance(stream uint64, next func(*rand.Rand) Scenario) func(int) Scenario {
	return func(i int) Scenario { return next(rand.New(rand.NewPCG(d.Seed+uint64(i), stream))) }
}

// onKey returns an operation on a key that stores value val. What it compares with is the value 0.
func (d *Driver) onKey(k Kind, key, val int) Op {
	op := Op{Kind: k, Key: key, Val: val % d.Vals}
	if k == Range || k == Len || k == Clear {
		return Op{Kind: k}
	}
	return op
}

// pairs returns each two kinds of operations on one key, which is there or is not.
func (d *Driver) pairs(has []Kind) (all []Scenario) {
	for i, a := range has {
		for _, b := range has[i:] {
			if a == b && (a == Load || a > LastOfKey) {
				continue
			}
			for _, setup := range [][]Op{nil, {{Kind: Store, Key: 0, Val: 0}}} {
				all = append(all, Scenario{Setup: setup, Workers: [][]Op{{d.onKey(a, 0, 1)}, {d.onKey(b, 0, 2)}}})
			}
		}
	}
	return all
}

// crowd returns scenarios of a Range over some keys, beside operations on keys that are there and not.
func (d *Driver) crowd(has []Kind) (all []Scenario) {
	const there = 3
	if d.Keys <= there {
		return nil
	}
	setup := d.stored(there)
	beside := func(first ...Op) {
		all = append(all, Scenario{Setup: setup, Workers: [][]Op{first, {d.onKey(Store, 0, 4)}}}, Scenario{Setup: setup, Workers: [][]Op{first, {d.onKey(Delete, 0, 4)}}})
	}
	beside(Op{Kind: Range, Val: 1}, d.onKey(Store, 0, 3), d.onKey(Store, there, 3))
	if d.RangeWrites {
		beside(Op{Kind: RangeWrites, Key: 0, Val: 3})
		beside(Op{Kind: RangeWrites, Key: there, Val: 3})
	}
	for _, k := range has {
		if k == Load || k == Len || k == Range {
			continue
		}
		for _, key := range []int{0, there - 1, there} {
			all = append(all, Scenario{Setup: setup, Workers: [][]Op{{{Kind: Range}}, {d.onKey(k, key, 5)}}})
		}
		all = append(all, Scenario{Setup: setup, Workers: [][]Op{{{Kind: Range}}, {d.onKey(Delete, 0, 0), d.onKey(k, 0, 6)}}})
	}
	return all
}

// clears returns scenarios of a Clear that meets another one, which comes right after or before an operation.
func (d *Driver) clears(has []Kind) (all []Scenario) {
	if !slices.Contains(has, Clear) {
		return nil
	}
	for _, k := range has {
		if k == Load || k > LastOfKey {
			continue
		}
		op := d.onKey(k, 0, 1)
		for _, setup := range [][]Op{nil, {{Kind: Store, Key: 0, Val: 0}}} {
			for _, ops := range [][]Op{{op, {Kind: Clear}}, {{Kind: Clear}, op}} {
				all = append(all, Scenario{Setup: setup, Workers: [][]Op{{{Kind: Clear}}, ops}})
			}
		}
	}
	return all
}

// single returns a scenario by chance of one worker, which fills the map and empties a part of it.
func (d *Driver) single(has []Kind, rng *rand.Rand) (s Scenario) {
	keys := min(d.Keys, 1<<rng.IntN(8))
	var ops []Op
	for i := range 2 * keys {
		op := d.onKey(filling(i < keys || rng.IntN(4) == 0), rng.IntN(keys), i)
		if rng.IntN(3) == 0 {
			op = d.onKey(has[rng.IntN(len(has))], rng.IntN(keys), i)
			op.Old = rng.IntN(i+1) % d.Vals
		}
		if op.Kind == Range {
			op.Val = rng.IntN(4)
		}
		if op.Kind != Clear || rng.IntN(8) == 0 {
			ops = append(ops, op)
		}
	}
	s.Workers = append(s.Workers, append(ops, d.onKey(Store, 0, 1)))
	return s
}

// among returns a scenario by chance of a Range or Len over many keys, beside others that come and go.
func (d *Driver) among(rng *rand.Rand) Scenario {
	there := min(1<<rng.IntN(8), d.Keys/2)
	look := Op{Kind: Range}
	var churn []Op
	for range 1 + rng.IntN(3) {
		k := rng.IntN(d.Keys)
		churn = append(churn, d.onKey(Store, k, 1), d.onKey(Delete, k, 0))
	}
	return Scenario{Setup: d.stored(there), Workers: [][]Op{{look}, churn}}
}

// few returns a scenario by chance: n operations for each worker on one or two keys.
func (d *Driver) few(has []Kind, rng *rand.Rand, workers, n int) (s Scenario) {
	kinds := ofKey(has)
	keys := min(d.Keys, 1+rng.IntN(2))
	for k := range keys {
		if rng.IntN(2) == 0 {
			s.Setup = append(s.Setup, Op{Kind: Store, Key: k, Val: k % d.Vals})
		}
	}
	if rng.IntN(4) == 0 { // among others
		for k := keys; k < min(d.Keys-freshKeys, keys+1<<rng.IntN(6)); k++ {
			s.Setup = append(s.Setup, Op{Kind: Store, Key: k, Val: k % d.Vals})
		}
	}
	next := keys
	for range workers {
		var ops []Op
		for range n {
			kind := kinds[rng.IntN(len(kinds))]
			if rng.IntN(12) == 0 {
				kind = has[rng.IntN(len(has))]
			}
			op := d.onKey(kind, rng.IntN(keys), next)
			if next++; op.Kind == CompareAndSwap || op.Kind == CompareAndDelete {
				op.Old = rng.IntN(next) % d.Vals
			}
			ops = append(ops, op)
		}
		s.Workers = append(s.Workers, ops)
	}
	return s
}
