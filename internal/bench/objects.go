package bench

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/memassert"
)

// objectCases are in groups of the same body.
func objectCases() []Case {
	var all []Case
	for _, b := range []struct {
		name string
		body func()
	}{{Empty, empty}, {Small, small}, {JSON, roundTrip}, {Hash, hash}} {
		all = append(all,
			Case{Body: b.name, By: Floor, Bench: benchBody(b.body)},
			Case{Body: b.name, By: Floor2GC, Bench: benchBody(func() { b.body(); collect() })},
			Case{Body: b.name, By: Rounds, Bench: benchBody(func() { inRounds(b.body) })},
		)
		for _, c := range objectCheckers() {
			all = append(all, Case{Body: b.name, By: c.by, Bench: benchClean(c.check, b.body)})
		}
	}
	return all
}

// objectCheckers are memassert's, under the names of its functions.
func objectCheckers(opts ...memassert.Option) []namedChecker {
	return []namedChecker{
		{NoGrowth, func(body func()) string {
			t := new(tb)
			memassert.NoGrowth(t, body, opts...)
			return t.report
		}},
		{NoLeak, func(body func()) string {
			t := new(tb)
			memassert.NoLeak(t, body, opts...)
			return t.report
		}},
		{Check, func(body func()) string {
			// With room for the cleanup that Check registers: what the test makes for
			// it is the test's.
			t := &tb{cleanups: make([]func(), 0, 1)}
			memassert.Check(t, opts...)
			body()
			t.end()
			return t.report
		}},
	}
}

func benchBody(body func()) func(*testing.B) string {
	return func(b *testing.B) string {
		body() // once before the clock runs, for what it makes on first use
		b.ReportAllocs()
		for b.Loop() {
			body()
		}
		return ""
	}
}

// inRounds is the floor of NoGrowth: the warm-up and the rounds that it runs a
// clean body in, and the collections without which none of them says what is live.
// NoGrowth runs fewer iterations of a body that takes more than some milliseconds.
func inRounds(body func()) {
	for _, n := range [...]int{32, 64, 128} {
		for range n {
			body()
		}
		collect()
	}
}

// collect collects garbage twice, as what a sync.Pool keeps survives the first
// time.
func collect() {
	runtime.GC()
	runtime.GC()
}
