package bench

import (
	"fmt"
	"testing"
)

// A Crowd is what a check runs among and must not report, or what the driver of maps
// does.
type Crowd struct {
	Of string
	// Sizes are to be taken in this order: neither the runtime nor the kernel
	// makes its tables smaller again. After 100 000 goroutines a dump of ten
	// takes as long as one of some thousands.
	Sizes []int
	// Gather brings n together. The error says why there can't be so many.
	Gather func(n int) (release func(), err error)
	Cases  func() []Case
	// Done says that an operation of a benchmark does all n: how many it does in a second
	// tells something.
	Done bool
}

var (
	// Opened are open descriptors.
	Opened = Crowd{Of: "descriptors", Sizes: []int{10, 1_000, 10_000}, Gather: open, Cases: descriptorCases}
	// Lent are connections that are out of a pool.
	Lent = Crowd{Of: "connections", Sizes: []int{0, 1_000}, Gather: lend, Cases: poolCases}
	// Driven are the operations of a history on a map.
	Driven = Crowd{Of: "operations", Sizes: []int{1_000, 10_000, 100_000}, Gather: always(compose), Cases: historyCases, Done: true}
	// Duelled are rounds of small scenarios: one of each, and 400, as many as there are
	// when a map is tested.
	Duelled = Crowd{Of: "rounds", Sizes: []int{duelScenarios, 400 * duelScenarios}, Gather: always(challenge), Cases: duelCases, Done: true}
	// Kept are live objects in the heap.
	Kept = Crowd{Of: "objects", Sizes: []int{0, 1_000_000}, Gather: always(keep), Cases: objectCases}
	// Parked are goroutines that wait.
	Parked = Crowd{Of: "goroutines", Sizes: []int{0, 100, 1_000, 10_000, 100_000}, Gather: always(park), Cases: goroutineCases}
)

// Crowds are all of them, in the order in which they disturb each other least.
var Crowds = []Crowd{Opened, Lent, Driven, Duelled, Kept, Parked}

func always(gather func(int) (release func())) func(int) (func(), error) {
	return func(n int) (func(), error) { return gather(n), nil }
}

func BenchmarkOpened(b *testing.B) { among(b, Opened) }

func BenchmarkLent(b *testing.B) { among(b, Lent) }

func BenchmarkDriven(b *testing.B) { among(b, Driven) }

func BenchmarkDuelled(b *testing.B) { among(b, Duelled) }

func BenchmarkKept(b *testing.B) { among(b, Kept) }

func BenchmarkParked(b *testing.B) { among(b, Parked) }

// among has the size of the crowd outermost, see [Crowd].
func among(b *testing.B, crowd Crowd) {
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
