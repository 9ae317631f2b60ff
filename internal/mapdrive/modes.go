package mapdrive

// ofKey are those of a list that are for one key. Others concern all keys, and hide
// what would happen without them.
func ofKey(has []Kind) (kinds []Kind) {
	for _, k := range has {
		if k <= LastOfKey {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func contains(has []Kind, k Kind) bool {
	for _, h := range has {
		if h == k {
			return true
		}
	}
	return false
}

// program are n operations on so many keys from the first one on.
func program(d *Driver, has []Kind, first, keys, n int) []Op {
	ops := make([]Op, n)
	for i := range ops {
		ops[i] = Op{Kind: has[d.rng.IntN(len(has))], Key: first + d.rng.IntN(keys), Val: d.rng.IntN(d.Vals), Old: d.rng.IntN(d.Vals)}
	}
	return ops
}

// sequential compares with a built-in map, without any concurrency: many faults
// fall to that, and are told best by it.
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
			// Filling and emptying by turns: only so a map grows and shrinks.
			op.Kind = Store
			if !growing {
				op.Kind = Delete
			}
		}
		if op.Kind == Range {
			op.Val = d.rng.IntN(4)
		}
	}
	return play{Scenario{Workers: [][]Op{ops}, Fresh: true}, 1}
}

const (
	// duelRounds are played of each scenario.
	duelRounds = 400
	duelKeys   = 4 // of which each scenario uses one
)

// duel has two workers do one or two operations each on one key, thousands of times:
// what takes a window of some instructions needs many tries and few operations.
func duel(d *Driver, has []Kind, i int) play {
	s := Scenario{Fresh: i%4 == 3} // what happens on first use
	kinds := ofKey(has)
	key, keys := d.rng.IntN(min(duelKeys, d.Keys)), min(duelKeys, d.Keys)
	next := 0
	val := func() int { next++; return next % d.Vals }
	if d.rng.IntN(2) == 0 {
		s.Setup = []Op{{Kind: Store, Key: key, Val: 0}}
	}
	for w := range 2 {
		var ops []Op
		if w == 1 && keys > 1 && d.rng.IntN(4) == 0 {
			key = (key + 1) % keys // two that have nothing to do with each other
		}
		for range 1 + d.rng.IntN(2) {
			op := Op{Kind: kinds[d.rng.IntN(len(kinds))], Key: key, Val: val(), Old: Absent}
			if d.rng.IntN(16) == 0 {
				op.Kind = has[d.rng.IntN(len(has))]
			}
			switch op.Kind {
			case CompareAndSwap, CompareAndDelete:
				op.Old = d.rng.IntN(next+1) % d.Vals // the first value, or one of those stored so far
			case Range:
				op.Val = 0
			}
			ops = append(ops, op)
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, duelRounds}
}

const (
	historyKeys   = 64
	historyOps    = 250 // of each worker, in a round
	historyRounds = 4
)

// history has all workers do many operations on some keys.
func history(d *Driver, has []Kind, i int) play {
	s := Scenario{Fresh: i%8 == 7}
	kinds := ofKey(has)
	if i%4 == 3 && contains(has, Clear) {
		kinds = append(append(kinds, kinds...), Clear)
	}
	keys := min(d.Keys, 1+d.rng.IntN(historyKeys))
	for range d.Workers {
		s.Workers = append(s.Workers, program(d, kinds, 0, keys, historyOps))
	}
	return play{s, historyRounds}
}

// ownKeys is how many keys each worker has for itself.
const ownKeys = 1024

// owners has each worker fill and empty keys that no other one touches, many enough
// that the map grows and shrinks all the time.
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
				ops[i].Kind = Store
				if i > len(ops)/2 {
					ops[i].Kind = Delete
				}
			}
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, 4}
}

// pulse has one worker fill and empty a band of keys, while each other one toggles
// a single key: an update that is lost while the map is made larger or smaller shows
// on that.
func pulse(d *Driver, _ []Kind, i int) play {
	s := Scenario{Fresh: i%8 == 7}
	if d.Keys <= d.Workers {
		return play{}
	}
	band := min(ownKeys, d.Keys-d.Workers)
	if d.rng.IntN(2) == 0 { // tables change their size at powers of two: some bands end at one
		band = min(band, 1<<(5+d.rng.IntN(5)))
	} else {
		band = 1 + d.rng.IntN(band)
	}
	var fill []Op
	for range 1 + 2048/band {
		for k := range band {
			fill = append(fill, Op{Kind: Store, Key: d.Workers + k, Val: d.rng.IntN(d.Vals)})
		}
		for k := range band {
			fill = append(fill, Op{Kind: Delete, Key: d.Workers + k})
		}
	}
	s.Workers = [][]Op{fill}
	for w := 1; w < d.Workers; w++ {
		var toggle []Op
		for range 1 + len(fill)/80 {
			// What has become of it, when the table was moved meanwhile?
			toggle = append(toggle, Op{Kind: Store, Key: w, Val: d.rng.IntN(d.Vals)}, Op{Kind: Pause, Val: d.rng.IntN(8000)}, Op{Kind: Load, Key: w},
				Op{Kind: Delete, Key: w}, Op{Kind: Pause, Val: d.rng.IntN(8000)}, Op{Kind: Load, Key: w})
		}
		s.Workers = append(s.Workers, toggle)
	}
	return play{s, 4}
}

// drainWorkers are at least so many, also where there are fewer processors: it takes
// that some of them are kept waiting.
const drainWorkers = 4

// drain has all workers store the same keys, or delete them, or both: a map grows and
// shrinks several times at once.
func drain(d *Driver, has []Kind, i int) play {
	n := min(d.Keys, 16+d.rng.IntN(240))
	if d.rng.IntN(2) == 0 { // a large one shrinks in many steps
		n = min(d.Keys, 1<<(8+d.rng.IntN(5)))
	}
	s := Scenario{Fresh: i%4 == 3}
	apart := d.rng.IntN(2)      // whether each begins at another key
	shared := d.rng.IntN(3) > 0 // whether the keys are not divided among them
	filling, emptying := Store, Delete
	if d.rng.IntN(2) == 0 && contains(has, LoadOrStore) {
		filling = LoadOrStore
	}
	if d.rng.IntN(4) == 0 && contains(has, LoadAndDelete) {
		emptying = LoadAndDelete
	}
	fills, empties := d.rng.IntN(3) == 0, d.rng.IntN(3) > 0
	if !fills {
		empties = true
		for k := range n {
			s.Setup = append(s.Setup, Op{Kind: Store, Key: k, Val: k % d.Vals})
		}
	}
	workers := max(drainWorkers, d.Workers)
	for w := range workers {
		var ops []Op
		for k := range n {
			if k = (k + apart*w*n/workers) % n; fills && (shared || k%workers == w) {
				ops = append(ops, Op{Kind: filling, Key: k, Val: (k + w) % d.Vals})
			}
		}
		for k := range n {
			if k = (k + apart*w*n/workers) % n; empties && (shared || k%workers == w) {
				ops = append(ops, Op{Kind: emptying, Key: k})
			}
		}
		s.Workers = append(s.Workers, ops)
	}
	return play{s, max(4, 8192/n)}
}

const (
	// stableKeys are never touched while Range runs.
	stableKeys = 100
	// insideKeys are written from within Range only.
	insideKeys = 32
)

// ranging has one worker go through the map, to the end or not, while others fill and
// empty bands of keys beside some that nobody touches.
func ranging(d *Driver, _ []Kind, i int) play {
	stable := min(stableKeys, d.Keys/2)
	s := Scenario{Fresh: i%2 == 1}
	for k := range stable {
		s.Setup = append(s.Setup, Op{Kind: Store, Key: k, Val: k % d.Vals})
	}
	inside := min(insideKeys, d.Keys-stable) // keys that callbacks write
	var looks []Op
	for range 40 {
		looks = append(looks, Op{Kind: Range}, Op{Kind: Range, Val: 1 + d.rng.IntN(3)})
		if d.RangeWrites && d.Keys > stable {
			looks = append(looks, Op{Kind: RangeWrites, Key: stable + d.rng.IntN(inside), Val: d.rng.IntN(d.Vals)})
		}
	}
	s.Workers = [][]Op{looks}
	free := d.Keys - stable - inside
	for range max(1, d.Workers-1) {
		var churn []Op
		for len(churn) < 4000 && free > 0 {
			first := d.rng.IntN(free)
			n := min(free-first, 1+d.rng.IntN(512))
			for k := range n {
				churn = append(churn, Op{Kind: Store, Key: stable + inside + first + k, Val: d.rng.IntN(d.Vals)})
			}
			for k := range n {
				churn = append(churn, Op{Kind: Delete, Key: stable + inside + first + k})
			}
		}
		if len(churn) > 0 {
			s.Workers = append(s.Workers, churn)
		}
	}
	return play{s, 1}
}
