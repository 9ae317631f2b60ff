package mapdrive

import (
	"math/rand/v2"
	"time"
)

// Scenarios makes n scenarios of a mode.
func (d *Driver) Scenarios(name string, n int) (all []Scenario) {
	for _, m := range modes {
		if m.name != name {
			continue
		}
		d.rng = rand.New(rand.NewPCG(d.Seed, 0))
		has := d.kinds(d.New())
		for i := range n {
			all = append(all, m.next(d, has, i).Scenario)
		}
	}
	return all
}

// Play plays rounds of a scenario, and judges each.
func (d *Driver) Play(s Scenario, target Target, rounds int) *Failure {
	d.rng = rand.New(rand.NewPCG(d.Seed, 0))
	d.until = time.Now().Add(time.Hour)
	return d.playOut(s, target, rounds)
}

// Record plays a round and judges nothing.
func (d *Driver) Record(s Scenario, target Target) Outcome {
	d.rng = rand.New(rand.NewPCG(d.Seed, 0))
	d.until = time.Now().Add(time.Hour)
	p := d.newPlayer(s, target)
	defer p.stop()
	p.private = p.alone // else what has one answer is recorded with its times, too
	p.play()
	return p.outcome.copied()
}

// Explained is whether there is an order of the operations on each key that explains
// what they have returned.
func (o Outcome) Explained(s Scenario) bool {
	f := newFacts(s)
	var order order
	records := append(o.Records[:len(o.Records):len(o.Records)], o.Final...)
	order.sort(f, records)
	for i, k := range f.keys {
		if v, _ := order.check.check(records, order.its[order.counts[i]:order.counts[i+1]], f.before[k]); v != possible {
			return false
		}
	}
	return true
}

// ExplainedByPorcupine asks porcupine for the same.
func (o Outcome) ExplainedByPorcupine(s Scenario) bool {
	for _, k := range s.Keys() {
		if impossible, sure := confirm(o.of(k), s.Before(k)); impossible || !sure {
			return false
		}
	}
	return true
}
