package mapdrive

import "math/rand/v2"

const (
	// duelRounds are played of each scenario.
	duelRounds = 400
	duelKeys   = 4 // of which each scenario uses one
)

// duel has two workers do one or two operations each on one key, thousands of times:
// what takes a window of some instructions needs many tries and few operations.
func (d *Driver) duel() *Failure {
	target := d.fresh()
	kinds := d.kindsOfKey(target)
	for i := 0; !d.over(); i++ {
		s := duelScenario(d.rng, kinds, min(duelKeys, d.Keys), d.Vals)
		s.Fresh = i%4 == 3 // what happens on first use
		if f := d.playOut(s, target, duelRounds); f != nil {
			return d.minimise(*f)
		}
	}
	return nil
}

func duelScenario(rng *rand.Rand, kinds []Kind, keys, vals int) (s Scenario) {
	key := rng.IntN(keys)
	next := 0
	val := func() int { next++; return next % vals }
	if rng.IntN(2) == 0 {
		s.Setup = []Op{{Kind: Store, Key: key, Val: 0}}
	}
	for w := range 2 {
		var ops []Op
		if w == 1 && keys > 1 && rng.IntN(4) == 0 {
			key = (key + 1) % keys // two that have nothing to do with each other
		}
		for range 1 + rng.IntN(2) {
			op := Op{Kind: kinds[rng.IntN(len(kinds))], Key: key, Val: val(), Old: Absent}
			if op.Kind == CompareAndSwap || op.Kind == CompareAndDelete {
				op.Old = rng.IntN(next + 1) // the first value, or one of those stored so far
				if op.Old >= vals {
					op.Old = 0
				}
			}
			ops = append(ops, op)
		}
		s.Workers = append(s.Workers, ops)
	}
	return s
}

// playOut plays rounds of a scenario and returns the first failure.
func (d *Driver) playOut(s Scenario, target Target, rounds int) *Failure {
	p := d.newPlayer(s, target)
	defer p.stop()
	for i := range rounds {
		if wrong := p.play(); wrong != "" {
			o := p.outcome.copied()
			return &Failure{What: wrong, Scenario: &s, Outcome: &o, Rounds: i + 1, Failed: 1}
		}
		if i%64 == 63 && d.over() {
			break
		}
	}
	return nil
}
