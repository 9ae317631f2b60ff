package heapprobe

import (
	"runtime"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// confirmed runs a body that seems to grow some more, lets time pass and calls it a few times. What
// then goes away is no growth: it has expired, was used again, or was swept by the next call.
// Growth is confirmed if two passes in a row grow, or if both together grow, as for growth in
// steps. Memory kept for the next peak, such as dead goroutines and emptied slices, does not grow
// in the second pass, whose peak is the same. What goes away can hide what stays, so it takes two
// passes without growth to acquit the body.
func (g *growth) confirmed() bool {
	g.reserve()
	start, all := g.level, 0
	for pass, grew, misses := 0, 0, 0; misses < acquitted; pass++ {
		before := g.level
		ran := g.more()
		all += ran
		remain := func(held amount) (here, over bool) {
			here, _ = g.remains(ran, held.minus(before), held.minus(g.high))
			_, over = g.remains(all, held.minus(start), held.minus(g.high))
			return here, over && pass == 1
		}
		g.level = g.age(func(held amount) bool { here, over := remain(held); return !here && !over })
		if g.Beyond() {
			return false
		}
		here, over := remain(g.level)
		if here {
			grew++
		} else {
			grew, misses = 0, misses+1
		}
		if grew == 2 || over {
			if !g.bubble {
				g.waited = g.Settle
			}
			return true
		}
	}
	return false
}

// reserve makes the runtime create as many goroutines as the body may have at a time. The runtime
// keeps their memory for later goroutines, so a body whose goroutines or timers pile up on a loaded
// machine does not seem to grow. Memory freed meanwhile was not part of a peak: a processor drops
// its stopped timers when it runs a goroutine.
func (g *growth) reserve() {
	if g.bubble {
		return
	}
	var started, ended sync.WaitGroup
	end := make(chan struct{})
	for range min(2*g.last, mostReserved) {
		started.Add(1)
		ended.Go(func() {
			started.Done()
			<-end
		})
	}
	started.Wait()
	close(end)
	ended.Wait()
	before := g.level
	g.level = g.read()
	g.high = g.high.minus(before.minus(g.level).most(amount{})).most(g.level)
}

// more runs the body as often as in the last round and repeats that if there is time. It never runs
// more iterations at a time, so that what goes away soon has the same peak.
func (g *growth) more() (ran int) {
	bursts, n, before := 3, g.last, g.level
	if g.persistent(ofObjects) { // objects grow with every call, not in steps
		bursts, n = 1, min(n, mostMore)
	}
	if !g.bubble && g.each > 0 {
		n = min(n, max(n/4, int(g.budget/2/g.each)))
	}
	n = g.fitting(n)
	for range bursts {
		g.call(n)
		ran += n
		g.total += n
		if g.full() || !g.bubble && time.Duration(bursts*n)*g.each > g.budget/2 {
			break
		}
		g.level = g.settle(ran, before, min(roundSettle, g.Settle), 0).held
	}
	return ran
}

// age lets time pass, sometimes calls the body, and collects garbage. It ends when enough returns
// true or the settle time is over, and returns the least amount that it saw.
func (g *growth) age(enough func(amount) bool) (least amount) {
	const few = 4
	looks := 0
	probe.SettleForced(g.Settle, func() bool {
		g.turn.steps.Add(1)
		if looks++; looks == 1 {
			least = g.read()
			return !enough(least)
		}
		n := few
		if g.each > 5*time.Millisecond {
			n = 1
		}
		g.call(n)
		runtime.GC()
		least = least.least(g.now())
		return !enough(least)
	})
	return least
}
