package goroutine

import (
	"runtime/metrics"
	"sync"
)

// counters is read in place and kept, so that reading allocates nothing.
var counters = struct {
	sync.Mutex
	samples [2]metrics.Sample
}{samples: [2]metrics.Sample{
	{Name: "/sched/goroutines-created:goroutines"}, // since Go 1.26
	{Name: "/sched/goroutines:goroutines"},
}}

// Counts reads the scheduler's counters: how many goroutines were started
// since the process began, and how many exist now. If created has not moved
// between two reads, no goroutine can have leaked in between. Both count for
// the whole process, the runtime's own goroutines included in created, so a
// created that has moved proves nothing.
//
// It takes the same short time at any number of goroutines, does not stop the
// world, allocates nothing once it has been called, and may be called
// concurrently. ok is false where the runtime lacks a counter.
func Counts() (created, live uint64, ok bool) {
	counters.Lock()
	defer counters.Unlock()
	metrics.Read(counters.samples[:])
	c, l := counters.samples[0].Value, counters.samples[1].Value
	if c.Kind() != metrics.KindUint64 || l.Kind() != metrics.KindUint64 {
		return 0, 0, false
	}
	return c.Uint64(), l.Uint64(), true
}
