package procstate

import (
	"math"
	"runtime/debug"
	"sync"

	"github.com/leakassert/leakassert/internal/metric"
)

// heldBytes is how much more the heap may grow while the collector is held.
const heldBytes = 64 << 20

var holding setting

// HoldCollector puts off the garbage collector until release is called. While a check waits for
// something to be released, nobody else should release it, least of all because the check makes
// garbage.
//
// The heap may grow by some 64 MiB more than usual. A memory limit still applies. If another test
// runs, HoldCollector does nothing: see alone.
func HoldCollector() (release func()) {
	holding.Lock()
	defer holding.Unlock()
	if holding.holders == 0 && !hold() {
		return func() {}
	}
	holding.holders++
	return sync.OnceFunc(func() {
		holding.release(func() int { return int(Metric("/gc/gogc:percent")) }, func(percent int) { debug.SetGCPercent(percent) })
	})
}

// hold raises the percentage, if that is allowed and useful.
func hold() bool {
	percent, live := Metric("/gc/gogc:percent"), Metric("/gc/heap/live:bytes")
	if percent > math.MaxInt32/2 || !alone() { // the collector is off, or almost off
		return false
	}
	// The collector runs for a heap of 4 MiB or more at 100 percent. An odd number is unlikely
	// to be anybody else's.
	ours := int(percent) + int(100*heldBytes/max(live, 4<<20)) | 1
	if users := debug.SetGCPercent(ours); users != holding.ours { // if equal, somebody has restored our value
		holding.users = users
	}
	holding.ours = ours
	return true
}

// Metric returns a value of runtime/metrics, 0 if this Go version does not have it.
func Metric(name string) uint64 {
	value, _ := metric.New(name).Read()
	return value[0]
}
