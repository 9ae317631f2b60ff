package mapdrive

import (
	"math/rand/v2"
	"slices"
)

// Around returns a shape of small parts of a scenario in which a fault was found.
func (d *Driver) Around(found Scenario) Shape {
	if len(found.Workers) == 0 {
		return Shape{}
	}
	return Shape{Name: "parts of what was found", Scenario: d.byChance(4, func(rng *rand.Rand) Scenario { return d.part(found, rng) })}
}

// part returns some operations by chance: a few in a row of some workers, on one or two keys or on any. The
// setup is that of the scenario, or stores these keys, or none.
func (d *Driver) part(s Scenario, rng *rand.Rand) Scenario {
	of := s
	if all := s.Keys(); len(all) > 0 && rng.IntN(4) > 0 {
		keys := []int{all[rng.IntN(len(all))], all[rng.IntN(len(all))]}[:1+rng.IntN(2)]
		of = s.filter(func(op *Op) bool { return !op.ofKey() || slices.Contains(keys, op.Key) })
		if rng.IntN(2) == 0 {
			of.Setup = s.Setup // the others make the table as large as it was
		}
	}
	var part Scenario
	if rng.IntN(3) > 0 {
		part.Setup = of.Setup
	}
	n := 1 + rng.IntN(3)
	for _, w := range rng.Perm(len(of.Workers))[:min(len(of.Workers), 2+rng.IntN(2))] {
		ops := of.Workers[w]
		at := rng.IntN(max(1, len(ops)-n+1))
		part.Workers = append(part.Workers, ops[at:min(len(ops), at+n):min(len(ops), at+n)])
	}
	if len(part.Workers) == 0 {
		part.Workers = [][]Op{{{Kind: Range}}}
	}
	if len(part.Setup) == 0 && rng.IntN(2) == 0 {
		for i, k := range part.Keys() {
			part.Setup = append(part.Setup, Op{Kind: Store, Key: k, Val: i % d.Vals})
		}
	}
	return part
}
