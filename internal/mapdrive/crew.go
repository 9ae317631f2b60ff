package mapdrive

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A crew has the goroutines of all workers but the first one. They spin between rounds, and stay from one scenario
// to the next: beside other work, a goroutine that starts or wakes up waits for a processor.
type crew struct {
	d       *Driver
	size    int
	turn    atomic.Pointer[turn]
	running sync.WaitGroup
}

// A turn is a round of a burst; rounds are numbered from 1. The crew ends at a turn without a burst.
type turn struct {
	round int64
	burst *burst
}

// crewOf returns a crew for so many workers.
func (d *Driver) crewOf(workers int) *crew {
	if d.crew != nil && d.crew.size >= workers {
		return d.crew
	}
	d.dismiss()
	c := &crew{d: d, size: workers}
	c.turn.Store(new(turn))
	d.crew = c
	for w := 1; w < workers; w++ {
		c.running.Go(func() { c.work(w) })
	}
	return c
}

// dismiss ends the crew.
func (d *Driver) dismiss() {
	if c := d.crew; c != nil {
		d.crew = nil
		c.turn.Store(&turn{round: c.round() + 1})
		c.running.Wait()
	}
}

// round returns the number of the last round.
func (c *crew) round() int64 { return c.turn.Load().round }

// work runs a worker in its goroutine.
func (c *crew) work(w int) {
	last := int64(0)
	for {
		now := c.turn.Load()
		for spins := 0; now.round == last; spins++ {
			if c.d.halted.Load() {
				return
			}
			pause(spins)
			now = c.turn.Load()
		}
		if last = now.round; now.burst == nil {
			return
		}
		if w < len(now.burst.copies[0].workers) {
			now.burst.run(w, last)
		}
	}
}

// pause yields if a wait has lasted for a while.
func pause(spins int) {
	switch {
	case spins < 2000:
	case spins < 20000:
		runtime.Gosched()
	default:
		time.Sleep(10 * time.Microsecond)
	}
}
