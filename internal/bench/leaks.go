package bench

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/leaktest"
)

// fortytw2Settle is shorter than its default, which would only be waited for.
const fortytw2Settle = 500 * time.Millisecond

func leakCases() []Case {
	return []Case{
		{Body: Leaks, By: Floor, Bench: benchLeakDump},
		{Body: Leaks, By: NoLeak0s, Bench: benchVerdict(noLeak(leaktest.Goroutines(), leaktest.Settle(0)), 0)},
		{Body: Leaks, By: NoLeak2s, Bench: benchVerdict(noLeak(leaktest.Goroutines()), probe.DefaultSettle)},
		{
			Body: Leaks, By: Goleak, Bench: benchVerdict(goleakFind, goleakRetries),
			Most: 10_000, Why: "21 dumps of all stacks take more than a minute",
		},
		{Body: Leaks, By: Fortytw2, Bench: benchVerdict(fortytw2Check(fortytw2Settle), fortytw2Settle)},
	}
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
			if wrong := missing(report); wrong != "" {
				return wrong
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(total.Nanoseconds())/float64(n), "ns/op")
		return ""
	}
}

// benchLeakDump is the floor: one dump with the leaks in it.
func benchLeakDump(b *testing.B) string {
	release := leak()
	defer release()
	s := newStacks()
	for b.Loop() {
		s.dump()
	}
	return ""
}
