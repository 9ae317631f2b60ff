package probe

import (
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ask does what helps settling, at looks after about 3, 30 and 400 ms: probes
// prove what can't go away, or, if that is agreed to, garbage is collected.
func (c *Check) ask(looks int, left []Leak) {
	if looks != 5 && looks != 8 && looks != 13 {
		return
	}
	if c.Config.Collect && looks == 5 && slices.ContainsFunc(left, c.collectable) {
		collectGarbage()
	}
	if slices.ContainsFunc(left, c.collectable) {
		return // a collection would hide that nobody has released it
	}
	for _, w := range c.watches {
		if p, ok := w.watch.(Prover); ok && !w.broken {
			w.protect("not proven", func() error { p.Prove(); return nil })
		}
	}
}

// collectable reports whether a leak is of a kind that a collection can release.
func (c *Check) collectable(l Leak) bool {
	_, ok := c.watches[l.from].watch.(Collector)
	return ok && !l.Proven
}

// collect runs the garbage collector when it could release some of what was
// waited for in vain, and has those marked that it did.
func (c *Check) collect(left []Leak, counts func(Leak) bool) []Leak {
	if !slices.ContainsFunc(left, func(l Leak) bool { return counts(l) && c.collectable(l) }) {
		return left
	}
	collectGarbage()
	for i, w := range c.watches {
		p, ok := w.watch.(Collector)
		if !ok || w.broken {
			continue
		}
		var its, others []Leak
		for _, l := range left {
			if l.from == i && !l.Proven {
				its = append(its, l)
			} else {
				others = append(others, l)
			}
		}
		w.protect("not told apart from what only a collection releases", func() error {
			its = p.Collected(slices.Clone(its))
			return nil
		})
		for j := range its {
			its[j].from = i
		}
		left = append(others, w.named(its)...)
	}
	return c.Sift(left)
}

var holding struct {
	sync.Mutex
	checks  int
	percent int
}

// HoldCollector keeps the garbage collector from running by itself until the
// returned function is called: while a check waits for something to be released
// nobody else should release it, least of all because of the garbage that
// looking makes. A memory limit still holds.
func HoldCollector() (release func()) {
	holding.Lock()
	defer holding.Unlock()
	if holding.checks++; holding.checks == 1 {
		holding.percent = debug.SetGCPercent(-1)
	}
	return sync.OnceFunc(func() {
		holding.Lock()
		defer holding.Unlock()
		if holding.checks--; holding.checks == 0 {
			debug.SetGCPercent(holding.percent)
		}
	})
}

// collectGarbage runs the collector twice, as what a pool keeps survives the
// first time, and gives finalizers and cleanups their turn.
func collectGarbage() {
	runtime.GC()
	runtime.GC()
	if InBubble() {
		runtime.Gosched()
		return
	}
	time.Sleep(10 * time.Millisecond)
}
