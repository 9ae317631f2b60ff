package memassert

import (
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/session"
)

// NoGrowth runs body many times, at full speed, and fails the test if every iteration makes the
// heap grow by an object or more, or by 64 bytes or more. It returns true if the heap does not grow.
//
// What body keeps once or until it is full is no growth: a cache, a pool, tables of types.
// Neither is what grows while body does not run, nor what the testing package keeps, such as
// output and subtests. If a cache needs more iterations than NoGrowth runs until it is full,
// set [Warmup] to its size.
//
// What goes away within the settle time, by itself or by a later call, is no growth: timers
// that fire, goroutines that end, entries that expire. A timer that is pending for longer is
// growth, and the report says that it is pending. To wait longer, use [Settle].
//
// After a warm-up of 32 iterations NoGrowth runs a round of 64 iterations and one of 128. If
// the heap grows in neither, body is clean. For a body of 1 ms that takes about 0.3 s. A body
// that seems to grow runs in rounds that double: at least 4032 iterations altogether, but only
// for three times the [Budget] of 2 s, and until it has kept 256 MiB. If the heap grows in each
// of the last three rounds, NoGrowth twice waits for the settle time and calls body a few more
// times. If the heap has still grown, the test fails. NoGrowth then repeats some iterations
// with every allocation recorded, and reports what stays by the place that has allocated it.
// If body is too slow for two rounds in the budget, fewer iterations decide, and the log says
// which growth they can't show. If they decide nothing, the log and standard error say so.
//
// Smaller growth, for example a number that is appended to a slice, fails the test if it goes on
// for ten rounds, about 65000 iterations. If body is too slow for that, the log says that small
// growth was not judged. An object that replaces another is no growth: see [Collected].
//
// NoGrowth compares repeated snapshots, and only what grows every time is a leak. The method is
// that of Vilk and Berger, BLeak (PLDI 2018), and of LeakCanary's heap growth detector.
func NoGrowth(t TB, body func(), opts ...Option) bool {
	if session.Missing(t, name+": NoGrowth") {
		return false
	}
	t.Helper()
	return session.NoGrowth(t, name, body, heapprobe.Plan(heapprobe.NoGrowth, opts))
}
