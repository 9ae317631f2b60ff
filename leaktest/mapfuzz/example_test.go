package mapfuzz_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

// drive drives a map as a test would, for a moment, and says whether it is right.
func drive[K comparable, V any](newMap func() mapfuzz.Map[K, V], opts ...mapfuzz.Option) {
	t := faketb.New("TestMap")
	mapfuzz.Test(t, newMap, append([]mapfuzz.Option{mapfuzz.Budget(50 * time.Millisecond)}, opts...)...)
	fmt.Println("right:", !t.Failed())
}

func newSync() mapfuzz.Map[any, any] { return new(sync.Map) }

func ExampleTest() {
	t := faketb.New("TestMap") // func TestMap(t *testing.T) {
	mapfuzz.Test(t, func() mapfuzz.Map[string, int] { return new(maps.Sharded[string, int]) }, mapfuzz.Budget(50*time.Millisecond))
	fmt.Println("right:", !t.Failed())
	// Output: right: true
}

func ExampleFuzz() {
	// In a file of tests, for go test -fuzz FuzzMap:
	_ = func(f *testing.F) {
		mapfuzz.Fuzz(f, func() mapfuzz.Map[string, int] { return new(maps.Sharded[string, int]) })
	}
}

func ExampleExecute() {
	t := faketb.New("FuzzMap") // in f.Fuzz(func(t *testing.T, data []byte) {
	mapfuzz.Execute(t, []byte("some bytes"), func() mapfuzz.Map[string, int] { return new(maps.Sharded[string, int]) })
	fmt.Println("right:", !t.Failed())
	// Output: right: true
}

func ExampleBudget() {
	drive(newSync, mapfuzz.Budget(100*time.Millisecond))
	// Output: right: true
}

func ExampleWorkers() {
	drive(newSync, mapfuzz.Workers(8))
	// Output: right: true
}

func ExampleMaxHeap() {
	drive(newSync, mapfuzz.MaxHeap(100<<20))
	// Output: right: true
}

func ExampleSeed() {
	drive(newSync, mapfuzz.Seed(7))
	// Output: right: true
}

func ExampleOnly() {
	drive(newSync, mapfuzz.Only("sequential", "duel"))
	// Output: right: true
}

func ExampleWithout() {
	drive(newSync, mapfuzz.Without("steady"))
	// Output: right: true
}

func ExampleWeakRange() {
	drive(newSync, mapfuzz.WeakRange())
	// Output: right: true
}

func ExampleRangeAllowsWrites() {
	drive(newSync, mapfuzz.RangeAllowsWrites())
	// Output: right: true
}

// A point has a field that the driver can't fill.
type point struct{ x, y int }

func ExampleKeys() {
	drive(func() mapfuzz.Map[point, int] { return new(maps.Locked[point, int]) },
		mapfuzz.Keys(func(i int) point { return point{i % 10, i / 10} }))
	// Output: right: true
}

func ExampleValues() {
	drive(func() mapfuzz.Map[int, point] { return new(maps.Locked[int, point]) },
		mapfuzz.Values(func(i int) point { return point{i, i} }))
	// Output: right: true
}
