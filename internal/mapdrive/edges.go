package mapdrive

import "slices"

// mostFilling is how many keys are stored and deleted to find out which operations take long.
const mostFilling = 200

// A Filling is a scenario of one worker that fills and empties a map.
type Filling struct {
	Ops []Op
	// Steps has how many steps each operation has taken.
	Steps []int
}

// Scenario returns the scenario.
func (f Filling) Scenario() Scenario { return Scenario{Workers: [][]Op{f.Ops}, Fresh: true} }

// Filling returns the operations that store and delete so many keys.
func (d *Driver) Filling() Filling { return d.filling(mostFilling) }

func (d *Driver) filling(n int) (f Filling) {
	n = min(d.Keys-freshKeys-1, n)
	if n < 1 {
		return f
	}
	f.Ops = d.stored(n)
	for k := range n {
		f.Ops = append(f.Ops, Op{Kind: Delete, Key: k})
	}
	return f
}

// ShortFilling returns the operations that store as many keys as the first operation of f that takes long
// needs, and delete them again: a table that becomes larger once becomes smaller again. It has none if f is as
// short or no operation takes long.
func (d *Driver) ShortFilling(f Filling) Filling {
	at := f.long()
	if len(at) == 0 || f.Ops[at[0]].Kind != Store || 2*(at[0]+1) >= len(f.Ops) {
		return Filling{}
	}
	return d.filling(at[0] + 1)
}

const (
	// MuchLonger is how many times the steps of others an operation takes that takes long.
	MuchLonger = 3
	mostEdges  = 12
)

// long returns the indices of the operations that take long.
func (f Filling) long() (at []int) {
	if len(f.Ops) == 0 || len(f.Steps) == 0 {
		return nil
	}
	median := slices.Sorted(slices.Values(f.Steps))[len(f.Steps)/2]
	for i := range min(len(f.Ops), len(f.Steps)) {
		if f.Steps[i] > MuchLonger*median {
			at = append(at, i)
		}
	}
	return at
}

// edges returns scenarios in which an operation that takes long runs beside another one. These are
// operations that make the table larger or smaller: no other moment has as many faults. The first operation
// that takes long is left out if another filling has it.
func (d *Driver) edges(has []Kind, f Filling, another bool) (all []Scenario) {
	fill, at := f.Ops, f.long()
	if another && len(at) > 0 {
		at = at[1:]
	}
	if len(at) > mostEdges { // the first ones need the shortest setup
		at = append(at[:mostEdges/2], at[len(at)-mostEdges/2:]...)
	}
	var beside [][]Scenario // by edge
	for _, i := range at {
		var all []Scenario
		setup, edge := fill[:i:i], fill[i]
		other := fill[i].Key // one that is there
		if i > 0 {
			other = setup[i-1].Key
			if setup[i-1].Kind == Delete {
				other = fill[len(fill)-1].Key
			}
		}
		unused := d.Keys - 1
		for _, k := range has {
			if k == Load || k == Len {
				continue
			}
			for _, key := range slices.Compact([]int{edge.Key, other, unused}) {
				all = append(all, Scenario{Setup: setup, Workers: [][]Op{{edge}, {d.onKey(k, key, 7)}}})
				if k > LastOfKey {
					break
				}
			}
		}
		all = append(all,
			Scenario{Setup: setup, Workers: [][]Op{{edge}, {d.onKey(Delete, other, 0), d.onKey(Store, other, 8), d.onKey(Load, other, 0)}}},
			Scenario{Setup: setup, Workers: [][]Op{{edge}, {edge}, {d.onKey(Store, unused, 9)}}})
		beside = append(beside, all)
	}
	for n, more := 0, true; more; n++ { // no edge waits for the others
		more = false
		for _, scenarios := range beside {
			if n < len(scenarios) {
				all, more = append(all, scenarios[n]), true
			}
		}
	}
	return all
}
