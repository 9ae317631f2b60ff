package mapdrive

import "math/rand/v2"

const (
	historyKeys   = 64
	historyOps    = 250 // of each worker, in a round
	historyRounds = 1
)

// history has all workers do many operations on some keys, and looks for an order
// of those on each key that explains what they have returned.
func (d *Driver) history() *Failure {
	target := d.fresh()
	kinds := d.kindsOfKey(target)
	for i := 0; !d.over(); i++ {
		keys := min(d.Keys, 1+d.rng.IntN(historyKeys))
		s := Scenario{Fresh: i%8 == 7}
		for range d.Workers {
			s.Workers = append(s.Workers, program(d.rng, kinds, 0, keys, d.Vals, historyOps))
		}
		if f := d.playOut(s, target, historyRounds); f != nil {
			return d.minimise(d.onlyKey(*f))
		}
	}
	return nil
}

// program are operations on keys from the first one on.
func program(rng *rand.Rand, kinds []Kind, first, keys, vals, n int) []Op {
	ops := make([]Op, n)
	for i := range ops {
		ops[i] = Op{Kind: kinds[rng.IntN(len(kinds))], Key: first + rng.IntN(keys), Val: rng.IntN(vals), Old: rng.IntN(vals)}
	}
	return ops
}

// onlyKey leaves of a failing scenario what concerns the key that failed, if that
// fails, too.
func (d *Driver) onlyKey(f Failure) Failure {
	var check checker
	for _, k := range f.Scenario.keys() {
		if ok, _ := check.check(f.Outcome.of(k), f.Scenario.before(k)); ok {
			continue
		}
		less := Scenario{Fresh: f.Scenario.Fresh}
		for _, ops := range f.Scenario.Workers {
			var its []Op
			for _, op := range ops {
				if op.Key == k {
					its = append(its, op)
				}
			}
			if len(its) > 0 {
				less.Workers = append(less.Workers, its)
			}
		}
		if found := d.playOut(less, d.fresh(), 2000); found != nil {
			return *found
		}
	}
	return f
}
