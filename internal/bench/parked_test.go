package bench_test

import (
	"fmt"
	"testing"

	"github.com/leakassert/leakassert/internal/bench"
)

// BenchmarkParked has the number of parked goroutines outermost, see
// [bench.Sizes].
func BenchmarkParked(b *testing.B) {
	for _, n := range bench.Sizes {
		b.Run(fmt.Sprintf("goroutines=%d", n), func(b *testing.B) {
			release := bench.Park(n)
			defer release()
			for _, c := range bench.Cases() {
				b.Run(c.Name(), func(b *testing.B) {
					reason := c.Skip(n, true)
					if reason == "" {
						reason = c.Bench(b)
					}
					if reason != "" {
						// The testing package is silent about a benchmark that skips itself.
						fmt.Printf("--- SKIP: %s: %s\n", b.Name(), reason)
						b.SkipNow()
					}
				})
			}
		})
	}
}
