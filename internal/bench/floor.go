package bench

import (
	"runtime"
	"runtime/metrics"
)

// A counter is the runtime's count of goroutines started so far: read before
// and after a body, it is the least that a check of goroutines can do.
type counter [1]metrics.Sample

func newCounter() *counter {
	return &counter{{Name: "/sched/goroutines-created:goroutines"}}
}

func (c *counter) read() uint64 {
	metrics.Read(c[:])
	return c[0].Value.Uint64()
}

// clean is a check that only counts.
func (c *counter) clean(body func()) bool {
	before := c.read()
	body()
	return c.read() == before
}

// A stacks is a buffer that the stacks of all goroutines fit into: dumping them
// once is the least that finding a leak can cost.
type stacks []byte

func newStacks() stacks {
	s := make(stacks, 1<<20)
	for s.dump() == len(s) {
		s = make(stacks, 2*len(s))
	}
	return s
}

func (s stacks) dump() int { return runtime.Stack(s, true) }
