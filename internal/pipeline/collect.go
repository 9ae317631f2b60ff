package pipeline

import (
	"runtime"
	"slices"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

// ask helps settling, at looks after about 3, 30 and 400 ms. Probes prove what can't go away, or
// garbage is collected if the options allow it.
func (c *Check) ask(looks int, left Found) {
	if looks != 5 && looks != 8 && looks != 13 {
		return
	}
	if c.Config.Collect && looks == 5 && slices.ContainsFunc(left, c.collectable) {
		collectGarbage()
	}
	if slices.ContainsFunc(left, c.hidden) {
		return // a collection would hide that nobody released the leak
	}
	for i := range c.watches {
		w := &c.watches[i]
		if p, ok := w.watch.(probe.Prover); ok && !w.broken {
			w.protect("not proven", func() error { p.Prove(); return nil })
		}
	}
}

// collectable reports whether a collection can release leaks of this kind.
func (c *Check) collectable(l probe.Leak) bool {
	_, ok := c.watches[l.From].watch.(probe.Collector)
	return ok && !l.Proven
}

// hidden reports whether a collection would hide a leak. A prover does not hide it: it marks what
// its collection released.
func (c *Check) hidden(l probe.Leak) bool {
	_, proves := c.watches[l.From].watch.(probe.Prover)
	return c.collectable(l) && !proves
}

// collect runs the garbage collector if it could release some of the leaks that did not go away. It
// marks those that the collector released.
func (c *Check) collect(left Found, counts func(probe.Leak) bool) Found {
	if !slices.ContainsFunc(left, func(l probe.Leak) bool { return counts(l) && c.collectable(l) }) {
		return left
	}
	collectGarbage()
	for i := range c.watches {
		w := &c.watches[i]
		p, ok := w.watch.(probe.Collector)
		if !ok || w.broken {
			continue
		}
		var its []probe.Leak
		var others Found
		for _, l := range left {
			if l.From == i && !l.Proven {
				its = append(its, l)
			} else {
				others = append(others, l)
			}
		}
		w.protect("not told apart from what only a collection releases", func() error {
			its = p.Collected(slices.Clone(its))
			return nil
		})
		left = append(others, seen(w.named(its), i)...)
	}
	return c.Sift(left)
}

// collectGarbage runs the collector twice, because what a pool keeps survives one collection. It
// then gives finalizers and cleanups time to run.
func collectGarbage() {
	runtime.GC()
	runtime.GC()
	procstate.Finalize()
}
