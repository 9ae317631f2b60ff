package bench_test

import (
	"fmt"
	"testing"

	"github.com/leakassert/leakassert/internal/bench"
)

func BenchmarkOpened(b *testing.B) { among(b, bench.Opened) }

func BenchmarkLent(b *testing.B) { among(b, bench.Lent) }

func BenchmarkDriven(b *testing.B) { among(b, bench.Driven) }

func BenchmarkDuelled(b *testing.B) { among(b, bench.Duelled) }

func BenchmarkKept(b *testing.B) { among(b, bench.Kept) }

func BenchmarkParked(b *testing.B) { among(b, bench.Parked) }

// among has the size of the crowd outermost, see [bench.Crowd].
func among(b *testing.B, crowd bench.Crowd) {
	for _, n := range crowd.Sizes {
		b.Run(fmt.Sprintf("%s=%d", crowd.Of, n), func(b *testing.B) {
			release, err := crowd.Gather(n)
			if err != nil {
				skip(b, err.Error())
			}
			defer release()
			for _, c := range crowd.Cases() {
				b.Run(c.Name(), func(b *testing.B) {
					reason := c.Skip(n, true)
					if reason == "" {
						reason = c.Bench(b)
					}
					if reason != "" {
						skip(b, reason)
					}
				})
			}
		})
	}
}

// skip prints the reason: the testing package is silent about a benchmark that
// skips itself.
func skip(b *testing.B, reason string) {
	fmt.Printf("--- SKIP: %s: %s\n", b.Name(), reason)
	b.SkipNow()
}
