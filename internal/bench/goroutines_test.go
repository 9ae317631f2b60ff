package bench

import (
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	fortytw2 "github.com/fortytw2/leaktest"
	"github.com/leakassert/leakassert/leaktest"
	"go.uber.org/goleak"
)

// park starts n goroutines that do nothing, as the connections, caches and
// workers of a large test binary do, and returns when they are there.
func park(n int) (release func()) {
	stop := make(chan struct{})
	var ready, gone sync.WaitGroup
	ready.Add(n)
	for range n {
		gone.Go(func() {
			ready.Done()
			<-stop
		})
	}
	ready.Wait()
	return func() {
		close(stop)
		gone.Wait()
	}
}

// goroutineCases are in groups of the same body.
func goroutineCases() []Case {
	count := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	all := cleanCases("empty", empty, func() { metrics.Read(count); metrics.Read(count) })
	// That a goroutine has ended can only be seen in a dump.
	all = append(all, cleanCases("goroutine", goroutine, dumpAfter(goroutine))...)
	only := leaktest.Only(leaktest.KindGoroutine)
	return append(all,
		Case{Body: "leaks", By: "floor", Bench: benchLeakDump},
		Case{Body: "leaks", By: "NoLeak-0s", Bench: benchVerdict(noLeak(only, leaktest.Settle(0)), 0)},
		Case{
			Body: "leaks", By: "goleak", Bench: benchVerdict(goleakFind, goleakRetries),
			Most: 10_000, Why: "21 dumps of all stacks take more than a minute",
		},
		Case{Body: "leaks", By: "fortytw2", Bench: benchVerdict(fortytw2Check(fortytw2Settle), fortytw2Settle)},
		Case{Body: "test", By: "floor", Bench: benchTest(inTest(func(*tb, func()) {}))},
		Case{Body: "test", By: "Check", Bench: benchTest(inTest(func(t *tb, _ func()) {
			leaktest.Check(t, leaktest.Only(leaktest.KindGoroutine))
		}))},
	)
}

func cleanCases(name string, f, floor func()) []Case {
	only := leaktest.Only(leaktest.KindGoroutine)
	all := append([]Case{{Body: name, By: "floor", Bench: body(floor)}}, clean(name, f, []named[checker]{
		{"NoLeak", noLeak(only)},
		{"Check", check(only)},
		{"default", noLeak()}, // goroutines and descriptors
		{"fortytw2", fortytw2Check(5 * time.Second)},
	})...)
	return append(all, Case{
		Body: name, By: "goleak", Bench: checker(goleakFind).clean(f),
		Quick: 10_000, Why: "a check takes seconds; TestRatios has it",
	})
}

func noLeak(opts ...leaktest.Option) checker {
	return inTest(func(t *tb, body func()) { leaktest.NoLeak(t, body, opts...) })
}

func check(opts ...leaktest.Option) checker {
	return inTest(func(t *tb, body func()) { leaktest.Check(t, opts...); body() })
}

// goleakFind is what goleak offers to a test among goroutines that are there
// already.
func goleakFind(body func()) string {
	current := goleak.IgnoreCurrent()
	body()
	if err := goleak.Find(current); err != nil {
		return err.Error()
	}
	return ""
}

// goleakRetries is how long goleak v1.3.0 sleeps before its verdict: 20 times,
// 1 µs at first and twice as long each time, up to 100 ms.
const goleakRetries = (1<<17-1)*time.Microsecond + 3*100*time.Millisecond

// fortytw2Check reads stacks into a fixed buffer of 2 MiB. Past some 7800
// goroutines, fewer with deep stacks, it does not see the others: it misses leaks, and
// fails clean tests whenever the buffer ends within a header or other goroutines fit
// into it the second time.
func fortytw2Check(settle time.Duration) checker {
	return inTest(func(t *tb, body func()) {
		done := fortytw2.CheckTimeout(t, settle)
		body()
		done()
	})
}

// fortytw2Settle is shorter than its default, which would only be waited for.
const fortytw2Settle = 500 * time.Millisecond

// dumpAfter returns the floor for a body that starts something: one dump of the stacks of
// all goroutines, into a buffer that they fit into.
func dumpAfter(body func()) func() {
	buffer := make([]byte, 1<<20)
	return func() {
		body()
		for runtime.Stack(buffer, true) == len(buffer) {
			buffer = make([]byte, 2*len(buffer))
		}
	}
}

// empty starts nothing.
func empty() {}

// goroutine starts one goroutine and waits for it.
func goroutine() {
	var wg sync.WaitGroup
	wg.Go(func() {})
	wg.Wait()
}

const leakCount = 10

// hold is what leaked goroutines wait on: reachable, so that no profile of the
// runtime proves them leaked and every checker has to settle.
var hold chan struct{}

// leak leaves ten blocked goroutines behind, until release is called; not again
// before that.
func leak() (release func()) {
	hold = make(chan struct{})
	var ready, gone sync.WaitGroup
	ready.Add(leakCount)
	for range leakCount {
		gone.Go(func() {
			ready.Done()
			<-hold
		})
	}
	ready.Wait()
	return func() {
		close(hold)
		gone.Wait()
	}
}

// benchLeakDump is the floor: one dump with the leaks in it.
func benchLeakDump(b *testing.B) string {
	defer leak()()
	return body(dumpAfter(empty))(b)
}

// benchVerdict measures the time from the end of a body that leaks to the
// verdict on it, without the time that the checker sleeps meanwhile on purpose.
// A checker that sleeps once too long, as it only looks at its deadline between
// two pauses, pays for it.
func benchVerdict(check checker, settle time.Duration) func(*testing.B) string {
	return func(b *testing.B) string {
		var total time.Duration
		n := 0
		for b.Loop() {
			var release func()
			var ended time.Time
			report := check(func() {
				release = leak()
				ended = time.Now()
			})
			total += time.Since(ended) - settle
			n++
			b.StopTimer()
			release()
			// The function whose goroutines are left must be named.
			if !strings.Contains(report, "bench.leak") {
				line, _, _ := strings.Cut(report, "\n")
				return strings.TrimSuffix("it does not see the leaks: "+line, ": ")
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(total.Nanoseconds())/float64(n), "ns/op")
		return ""
	}
}

// benchTest plays whole tests, each on a goroutine of its own as the testing
// package and the fuzzing engine run them. What a check costs there is the
// difference to a test that begins none.
func benchTest(check checker) func(*testing.B) string {
	return loop(func() string {
		result := make(chan string)
		go func() { result <- check(empty) }()
		return wrongly(<-result)
	})
}
