package leaktest

import (
	"fmt"

	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/session"
)

// Warmup sets how often [NoGrowth] runs the body before it counts; by default twice. If each
// iteration adds one to a pool until the pool is full, set Warmup to the size of the pool. In a
// check that runs a body once, Warmup is an error.
func Warmup(n int) Option {
	return option(func(p *plan.Plan) {
		if n < 0 {
			p.Wrong(fmt.Errorf("leaktest: Warmup(%d): it must be 0 or more", n))
			return
		}
		p.Rounds.Warmup = n
		p.OnlyRepeated(fmt.Sprintf("leaktest: Warmup(%d)", n))
	})
}

// NoGrowth runs body many times and fails the test if something grows every time. It
// returns whether nothing grows. What body keeps once is no growth, such as a pool of
// workers that it starts on first use. Files that body forgets are growth: NoGrowth delays
// the garbage collector, within a bound on memory, so that it does not close them.
//
// With [Heap], NoGrowth also judges body as [memassert.NoGrowth] does, unless something
// else has grown already.
//
// After the warm-up body runs in rounds of 4, 8, 16 … 128 iterations, 252 altogether. From
// the second round on, NoGrowth returns after a round in which nothing grows: a clean body
// runs 14 times. If body is slow, the rounds that fit into 2 s decide, but at least three.
func NoGrowth(t TB, body func(), opts ...Option) bool {
	if session.Missing(t, name+": NoGrowth") {
		return false
	}
	t.Helper()
	return session.NoGrowth(t, name, body, planOf(opts))
}
