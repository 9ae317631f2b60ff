package bench

import (
	"sync"
	"testing"

	"github.com/leakassert/leakassert/poolassert"
)

// poolCases are in groups of the same body.
func poolCases() []Case {
	all := []Case{{Body: Empty, By: Floor, Bench: benchBody(func() { readTwice() })}}
	for _, c := range poolCheckers() {
		all = append(all, Case{Body: Empty, By: c.by, Bench: benchClean(c.check, empty)})
	}
	return append(all,
		Case{Body: GetPut, By: Floor, Bench: benchGetPut(func() { buffers.Put(buffers.Get().(*buffer)) })},
		Case{Body: GetPut, By: Tracked, Bench: benchGetPut(func() { tracked.Put(tracked.Get()) })},
	)
}

// readTwice is the floor: the pool's statistics at the begin and at the end.
func readTwice() int {
	before := lender.Stats()
	return lender.Stats().InUse - before.InUse
}

func poolCheckers() []namedChecker {
	pool := poolassert.DB("orders", lender)
	return []namedChecker{
		{NoLeak, func(body func()) string {
			t := new(tb)
			poolassert.NoLeak(t, body, pool)
			return t.report
		}},
		{Check, func(body func()) string {
			t := new(tb)
			poolassert.Check(t, pool)
			body()
			t.end()
			return t.report
		}},
	}
}

type buffer [64]byte

var (
	buffers = sync.Pool{New: func() any { return new(buffer) }}
	tracked = poolassert.NewTracked("buffers", func() *buffer { return new(buffer) })
)

// benchGetPut takes a buffer and puts it back, some times in an operation: one takes
// less than the loop.
func benchGetPut(getPut func()) func(*testing.B) string {
	const times = 1000
	return benchBody(func() {
		for range times {
			getPut()
		}
	})
}
