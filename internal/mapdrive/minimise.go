package mapdrive

import (
	"slices"
	"time"
)

// shrink removes operations for as long as what is left still fails: delta
// debugging, see Zeller and Hildebrandt, Simplifying and isolating failure-inducing
// input (2002).
func shrink[T any](all []T, fails func([]T) bool) []T {
	for size := len(all) / 2; size > 0; {
		removed := false
		for at := 0; at+size <= len(all); {
			without := slices.Delete(slices.Clone(all), at, at+size)
			if fails(without) {
				all, removed = without, true
				continue
			}
			at += size
		}
		if !removed || size > len(all)/2 {
			size /= 2
		}
	}
	return all
}

const (
	// trusted is how many times as often as it took to fail a smaller scenario is
	// played before it counts as one that does not.
	trusted       = 5
	minimiseTime  = 3 * time.Second
	frequencyTime = 300 * time.Millisecond
)

// minimise makes the scenario of a failure as small as it can and finds out how
// often it fails.
func (d *Driver) minimise(f Failure) *Failure {
	end := time.Now().Add(minimiseTime)
	d.until = end
	rounds := max(trusted*f.Rounds, 2000)
	best := f
	fails := func(s Scenario) bool {
		if time.Now().After(end) || len(s.Workers) == 0 {
			return false
		}
		if found := d.playOut(s, d.fresh(), rounds); found != nil {
			best = *found
			return true
		}
		return false
	}
	s := *f.Scenario
	if s.Fresh {
		long := s
		if long.Fresh = false; fails(long) {
			s = long
		}
	}
	for w := len(s.Workers) - 1; w >= 0 && len(s.Workers) > 1; w-- {
		less := s
		less.Workers = slices.Delete(slices.Clone(s.Workers), w, w+1)
		if fails(less) {
			s = less
		}
	}
	for w := range s.Workers {
		s.Workers[w] = shrink(s.Workers[w], func(ops []Op) bool {
			less := s
			less.Workers = slices.Clone(s.Workers)
			less.Workers[w] = ops
			return len(ops) > 0 && fails(less)
		})
	}
	s.Setup = shrink(s.Setup, func(ops []Op) bool {
		less := s
		less.Setup = ops
		return fails(less)
	})
	// How often does what is left fail?
	d.until = time.Now().Add(frequencyTime)
	p := d.newPlayer(s, d.fresh())
	defer p.stop()
	best.Rounds, best.Failed = 0, 0
	for !d.over() || best.Failed == 0 && best.Rounds < rounds {
		best.Rounds++
		if p.play() != "" {
			best.Failed++
		}
	}
	if best.Failed == 0 { // it has failed before
		best.Failed = 1
	}
	best.Scenario = &s
	return &best
}
