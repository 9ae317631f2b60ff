package mapdrive

import (
	"fmt"
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

// meetings counts the rounds of small scenarios, and those in which operations of the first two workers overlapped.
type meetings struct{ all, met int }

const (
	// So few rounds say nothing.
	fewRounds = 1000
	// If fewer than one round in rare has operations that overlapped, narrow windows are found by luck only.
	rare = 20
)

func (m *meetings) count(workers []worker) {
	a, b := &workers[0], &workers[1]
	if a.n == 0 || b.n == 0 || a.records[0].Return == 0 || b.records[0].Return == 0 { // there are no times
		return
	}
	m.all++
	if a.records[0].Call <= b.records[b.n-1].Return && b.records[0].Call <= a.records[a.n-1].Return {
		m.met++
	}
}

// note says that operations hardly overlapped, "" if they did.
func (m meetings) note() string {
	if m.all < fewRounds || m.met*rare >= m.all {
		return ""
	}
	return fmt.Sprintf("operations overlapped in %d of %d rounds only, as processors are few or busy: faults with a narrow window are found by Explore, which does not depend on that", m.met, m.all)
}
