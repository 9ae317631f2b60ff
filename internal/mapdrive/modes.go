package mapdrive

import "slices"

// ofKey returns the kinds of operations that act on a single key. Operations on all keys would hide
// faults.
func ofKey(has []Kind) []Kind {
	return slices.DeleteFunc(slices.Clone(has), func(k Kind) bool { return k > LastOfKey })
}

// filling returns the operation that makes a map larger or smaller.
func filling(larger bool) Kind {
	if larger {
		return Store
	}
	return Delete
}

func (d *Driver) stored(n int) (ops []Op) {
	for k := range n {
		ops = append(ops, Op{Kind: Store, Key: k, Val: k % d.Vals})
	}
	return ops
}

// band returns operations that store n keys from first on and then delete them.
func (d *Driver) band(first, n int) (ops []Op) {
	for _, kind := range []Kind{Store, Delete} {
		for k := range n {
			ops = append(ops, Op{Kind: kind, Key: first + k, Val: d.rng.IntN(d.Vals)})
		}
	}
	return ops
}

// program returns n random operations on the given number of keys from first on.
func program(d *Driver, has []Kind, first, keys, n int) []Op {
	ops := make([]Op, n)
	for i := range ops {
		ops[i] = Op{Kind: has[d.rng.IntN(len(has))], Key: first + d.rng.IntN(keys), Val: d.rng.IntN(d.Vals), Old: d.rng.IntN(d.Vals)}
	}
	return ops
}

// sequential compares the map with a built-in map, without concurrency. It finds many faults, and
// its reports are the easiest to read.
func sequential(d *Driver, has []Kind, i int) play {
	if i >= 200 {
		return play{}
	}
	keys := min(d.Keys, 1<<(1+d.rng.IntN(12)))
	ops := program(d, has, 0, keys, 200+d.rng.IntN(2000))
	growing := true
	for i := range ops {
		op := &ops[i]
		if d.rng.IntN(500) == 0 {
			growing = !growing
		}
		rare := op.Kind == Clear || op.Kind == Range
		if rare && d.rng.IntN(20) != 0 || !rare && op.Kind != Len && d.rng.IntN(2) == 0 {
			// Fill and empty alternately: only then does a map grow and shrink.
			op.Kind = filling(growing)
		}
		if op.Kind == Range {
			op.Val = d.rng.IntN(4)
		}
	}
	return play{Scenario{Workers: [][]Op{ops}, Fresh: true}, 1}
}

// duelRounds is how often a duel is played. Operations that run at the same time meet in a window of a few
// instructions in some of so many rounds. Beside other work they do so for some milliseconds now and then, in which
// many scenarios must fit.
const duelRounds = 64

// duel has two workers do one or two operations each on one key. A fault whose window is a few instructions needs
// many rounds of few operations.
func duel(d *Driver, has []Kind, i int) play {
	s := Scenario{Fresh: i%4 == 3} // first use
	kinds := ofKey(has)
	keys := min(4, d.Keys)
	key := d.rng.IntN(keys)
	next := 0
	val := func() int { next++; return next % d.Vals }
	if d.rng.IntN(2) == 0 {
		s.Setup = []Op{{Kind: Store, Key: key, Val: 0}}
	}
	for w := range 2 {
		var ops []Op
		if w == 1 && keys > 1 && d.rng.IntN(4) == 0 {
			key = (key + 1) % keys // two keys that have nothing to do with each other
		}
		for range 1 + d.rng.IntN(2) {
			op := Op{Kind: kinds[d.rng.IntN(len(kinds))], Key: key, Val: val(), Old: Absent}
			if d.rng.IntN(16) == 0 {
				op.Kind = has[d.rng.IntN(len(has))]
			}
			switch op.Kind {
			case CompareAndSwap, CompareAndDelete:
				op.Old = d.rng.IntN(next+1) % d.Vals // a value stored so far, or the first one
			case Range:
				op.Val = 0
			}
			ops = append(ops, op)
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, duelRounds}
}

// history has all workers do many operations on a few keys.
func history(d *Driver, has []Kind, i int) play {
	s := Scenario{Fresh: i%8 == 7}
	kinds := ofKey(has)
	if i%4 == 3 && slices.Contains(has, Clear) {
		kinds = append(append(kinds, kinds...), Clear)
	}
	keys := min(d.Keys, 1+d.rng.IntN(64))
	for range d.Workers {
		s.Workers = append(s.Workers, program(d, kinds, 0, keys, 250))
	}
	return play{s, 4}
}

// ownKeys is how many keys each worker has to itself.
const ownKeys = 1024

// owners has each worker fill and empty keys that no other worker uses. They are so many that the
// map grows and shrinks all the time.
func owners(d *Driver, has []Kind, i int) play {
	s := Scenario{Fresh: i%4 == 3}
	kinds := ofKey(has)
	keys := min(ownKeys, d.Keys/d.Workers)
	if keys == 0 {
		return play{}
	}
	keys = 1 + d.rng.IntN(keys)
	for w := range d.Workers {
		ops := program(d, kinds, w*keys, keys, 4*keys)
		for i := range ops {
			if d.rng.IntN(3) > 0 {
				ops[i].Kind = filling(i <= len(ops)/2)
			}
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, 4}
}

// pulse has one worker fill and empty a band of keys while every other worker toggles a single key.
// If the map loses an update while it is resized, a toggled key shows it.
func pulse(d *Driver, _ []Kind, i int) play {
	s := Scenario{Fresh: i%8 == 7}
	if d.Keys <= d.Workers {
		return play{}
	}
	band := min(ownKeys, d.Keys-d.Workers)
	if d.rng.IntN(2) == 0 { // tables are resized at powers of two, so some bands end there
		band = min(band, 1<<(5+d.rng.IntN(5)))
	} else {
		band = 1 + d.rng.IntN(band)
	}
	var fill []Op
	for range 1 + 2048/band {
		fill = append(fill, d.band(d.Workers, band)...)
	}
	s.Workers = [][]Op{fill}
	for w := 1; w < d.Workers; w++ {
		var toggle []Op
		for range 1 + len(fill)/80 {
			// The table may have been moved during the pause. Is the key still right?
			toggle = append(toggle, Op{Kind: Store, Key: w, Val: d.rng.IntN(d.Vals)}, Op{Kind: Pause, Val: d.rng.IntN(8000)}, Op{Kind: Load, Key: w},
				Op{Kind: Delete, Key: w}, Op{Kind: Pause, Val: d.rng.IntN(8000)}, Op{Kind: Load, Key: w})
		}
		s.Workers = append(s.Workers, toggle)
	}
	return play{s, 4}
}

// drain has all workers store the same keys, delete them, or both. The map then grows and shrinks
// several times at once.
func drain(d *Driver, has []Kind, i int) play {
	n := min(d.Keys, 16+d.rng.IntN(240))
	if d.rng.IntN(2) == 0 { // a large map shrinks in many steps
		n = min(d.Keys, 1<<(8+d.rng.IntN(5)))
	}
	s := Scenario{Fresh: i%4 == 3}
	apart := d.rng.IntN(2)      // 1 if each worker begins at another key
	shared := d.rng.IntN(3) > 0 // false if the keys are divided among the workers
	kinds := []Kind{Store, Delete}
	if d.rng.IntN(2) == 0 && slices.Contains(has, LoadOrStore) {
		kinds[0] = LoadOrStore
	}
	if d.rng.IntN(4) == 0 && slices.Contains(has, LoadAndDelete) {
		kinds[1] = LoadAndDelete
	}
	switch d.rng.IntN(9) {
	case 0:
		kinds = kinds[:1]
	case 1, 2:
	default:
		kinds = kinds[1:]
		s.Setup = d.stored(n)
	}
	workers := max(4, d.Workers) // some must wait, even with few processors
	for w := range workers {
		var ops []Op
		for _, kind := range kinds {
			for k := range n {
				if k = (k + apart*w*n/workers) % n; shared || k%workers == w {
					ops = append(ops, Op{Kind: kind, Key: k, Val: (k + w) % d.Vals})
				}
			}
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, max(4, 8192/n)}
}

// ranging has one worker go through the map, to the end or in part. Others fill and empty bands of
// keys next to stable keys.
func ranging(d *Driver, _ []Kind, i int) play {
	stable := min(100, d.Keys/2)     // keys that nobody touches
	inside := min(32, d.Keys-stable) // keys that callbacks write
	free := d.Keys - stable - inside
	s := Scenario{Setup: d.stored(stable), Fresh: i%2 == 1}
	var looks []Op
	for range 40 {
		looks = append(looks, Op{Kind: Range}, Op{Kind: Range, Val: 1 + d.rng.IntN(3)})
		if d.RangeWrites && d.Keys > stable {
			looks = append(looks, Op{Kind: RangeWrites, Key: stable + d.rng.IntN(inside), Val: d.rng.IntN(d.Vals)})
		}
	}
	s.Workers = [][]Op{looks}
	for range max(1, d.Workers-1) {
		var churn []Op
		for len(churn) < 4000 && free > 0 {
			first := d.rng.IntN(free)
			n := min(free-first, 1+d.rng.IntN(512))
			churn = append(churn, d.band(stable+inside+first, n)...)
		}
		if len(churn) > 0 {
			s.Workers = append(s.Workers, churn)
		}
	}
	return play{s, 1}
}
