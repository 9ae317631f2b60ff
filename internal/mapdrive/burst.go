package mapdrive

import (
	"runtime"
	"slices"
	"sync/atomic"
)

// A burst plays a scenario with several maps, one after the other in each round. Two operations that shall overlap
// must start within nanoseconds, so workers spin and start together at each map. To start a round takes much longer,
// beside other work a thousand times as long, so a round of a small scenario has many maps.
type burst struct {
	d      *Driver
	copies []*player // each with a map of its own
	crew   *crew
	round  atomic.Int64 // the last round that has begun, 0 if none has
}

const (
	// A round of a small scenario has so many maps. More would leave less time for other scenarios.
	mostCopies = 8
	// Together the maps hold no more, when they are empty.
	copiesBytes = 16 << 20
	// A scenario with more operations, or a longer setup, is not small.
	smallOps = 8
)

// copiesOf returns how many maps a round of a scenario has. It is one as long as the size of maps is not known.
func (d *Driver) copiesOf(s Scenario) int {
	if len(s.Workers) < 2 || s.ops() > smallOps || len(s.Setup) > smallOps || d.size == 0 || d.slow() {
		return 1
	}
	return max(1, min(mostCopies, int(copiesBytes/d.size)))
}

// newBurst starts the workers; the caller must call stop. A target that was used before is empty.
func (d *Driver) newBurst(s Scenario, target Target) *burst {
	b := &burst{d: d}
	n, facts := d.copiesOf(s), newFacts(s)
	targets := []Target{target}
	if s.Fresh {
		targets = make([]Target, n)
	} else if n > 1 {
		targets = append(targets, d.spareMaps(n-1)...)
	}
	for _, target := range targets[:n] {
		f := *facts
		f.model = slices.Clone(facts.model)
		b.copies = append(b.copies, d.playerOf(s, &f, target))
	}
	b.crew = d.crewOf(len(s.Workers))
	d.keep(func() { d.playing.Store(b) })
	return b
}

// spareMaps returns empty maps that scenarios share, at least n.
func (d *Driver) spareMaps(n int) (all []Target) {
	if spare := d.spare.Load(); spare != nil {
		all = *spare
	}
	if len(all) >= n {
		return all
	}
	for all = slices.Clip(all); len(all) < n; {
		all = append(all, d.New())
	}
	d.keep(func() { d.spare.Store(&all) })
	return all
}

// stop empties the maps, and ends the workers unless more scenarios follow.
func (b *burst) stop() {
	if !b.d.more {
		b.d.dismiss()
	}
	for _, p := range b.copies {
		if !p.s.Fresh {
			p.guarded(func() string { p.empty(); return "" }) // a panic was found before
			p.doing.Store(0)
		}
	}
}

// run does the operations of a worker with each map.
func (b *burst) run(w int, round int64) {
	defer func() { // an operation may end its goroutine: the others must not wait for ever
		for _, p := range b.copies {
			p.workers[w].done.Store(round)
		}
	}()
	for i, p := range b.copies {
		if i > 0 && !b.met(i-1, round) {
			return
		}
		p.run(w)
		p.workers[w].done.Store(round)
	}
}

// met waits until all workers have done with a map. It returns false if the driver was halted.
func (b *burst) met(i int, round int64) bool {
	workers := b.copies[i].workers
	for w := range workers {
		for spins := 0; workers[w].done.Load() < round; spins++ {
			if b.d.halted.Load() {
				return false
			}
			pause(spins)
		}
	}
	return true
}

// play plays a round. If something is wrong, it returns with which map.
func (b *burst) play() (bad *player, wrong string) {
	b.d.beats.Add(1)
	for _, p := range b.copies {
		if wrong := p.begin(); p.cut || wrong != "" {
			return p, wrong
		}
	}
	round := b.crew.round() + 1
	b.round.Store(round)
	b.crew.turn.Store(&turn{round, b})
	b.run(0, round)
	if !b.met(len(b.copies)-1, round) {
		runtime.Goexit() // for good: a worker does not return
	}
	for _, p := range b.copies {
		if len(b.copies) > 1 {
			b.d.meetings.count(p.workers)
		}
		if wrong := p.ended(); wrong != "" {
			return p, wrong
		}
	}
	return nil, ""
}

// stuck describes the operations that do not return. It reports whether there are any.
func (b *burst) stuck(f *Failure) bool {
	round := b.round.Load()
	for _, p := range b.copies {
		if p.doing.Load() != 0 {
			p.stuck(f, round)
			return true
		}
	}
	for _, p := range b.copies {
		for w := range p.workers {
			if p.workers[w].done.Load() < round {
				p.stuck(f, round)
				return true
			}
		}
	}
	return false
}
