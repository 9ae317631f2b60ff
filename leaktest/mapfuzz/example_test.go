package mapfuzz_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

// The examples run outside of go test, so t is not a test's: it prints the first line of the
// report of a map that is wrong. In a test, use the test's own t. The examples set a Budget
// so as not to take two seconds each.
var t = named("TestCache")

type printer struct{ test string }

// named returns a t of a test or example that go test can run again by its name.
func named(test string) *printer { return &printer{test} }

func (*printer) Helper()             {}
func (p *printer) Name() string      { return p.test }
func (*printer) Failed() bool        { return false }
func (*printer) Logf(string, ...any) {}
func (*printer) Cleanup(func())      {}

func (*printer) Errorf(format string, args ...any) {
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	fmt.Println(line)
}

// A cache is the map of the examples.
type cache[K comparable, V any] struct {
	mu sync.RWMutex
	m  map[K]V
}

func newCache[K comparable, V any]() mapfuzz.Map[K, V] { return &cache[K, V]{m: make(map[K]V)} }

func (c *cache[K, V]) Load(k K) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.m[k]
	return v, ok
}

func (c *cache[K, V]) Store(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[k] = v
}

func (c *cache[K, V]) Delete(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, k)
}

func (c *cache[K, V]) Range(f func(K, V) bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for k, v := range c.m {
		if !f(k, v) {
			return
		}
	}
}

const short = 50 * time.Millisecond

func ExampleTest() {
	// func TestCache(t *testing.T) {
	mapfuzz.Test(t, func() mapfuzz.Map[string, int] { return newCache[string, int]() }, mapfuzz.Budget(short))
	// }
	// Output:
}

// A sync.Map is a Map[any, any].
func ExampleMap() {
	mapfuzz.Test(t, func() mapfuzz.Map[any, any] { return new(sync.Map) }, mapfuzz.Budget(short))
	// Output:
}

// A helper of your own takes a TB, and so every kind of test.
func ExampleTB() {
	holds := func(t mapfuzz.TB, opts ...mapfuzz.Option) {
		t.Helper()
		mapfuzz.Test(t, newCache[string, int], opts...)
	}
	holds(t, mapfuzz.Budget(short))
	// Output:
}

// The test runs once more in a child process, which finds it by its name.
func ExampleExplore() {
	t := named("ExampleExplore")
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Explore(), mapfuzz.Budget(short))
	// Output:
}

// A map that takes equal hashes for equal keys, and says so.
func ExampleUniqueHashes() {
	t := named("ExampleUniqueHashes")
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Explore(), mapfuzz.UniqueHashes(), mapfuzz.Budget(short))
	// Output:
}

// Two goroutines count, and no update is lost in any schedule.
func ExampleExploreFunc() {
	t := named("ExampleExploreFunc")
	mapfuzz.ExploreFunc(t, func(s *mapfuzz.Schedule) {
		var n atomic.Int64
		s.Go(func() { n.Add(1) })
		s.Go(func() { n.Add(1) })
		s.After(func() {
			if n.Load() != 2 {
				s.Errorf("%d of 2 are counted", n.Load())
			}
		})
	})
	// Output:
}

// What the workers share can be made under control as well.
func ExampleSchedule() {
	t := named("ExampleSchedule")
	mapfuzz.ExploreFunc(t, func(s *mapfuzz.Schedule) {
		var c *cache[string, int]
		s.Setup(func() { c = newCache[string, int]().(*cache[string, int]) })
		s.Go(func() { c.Store("a", 1) })
		s.Go(func() { c.Delete("a") })
	})
	// Output:
}

func ExampleOption() {
	opts := []mapfuzz.Option{mapfuzz.Workers(2), mapfuzz.Budget(short)}
	mapfuzz.Test(t, newCache[string, int], opts...)
	// Output:
}

func ExampleFuzz() {
	// In a file of tests, for go test -fuzz FuzzCache:
	_ = func(f *testing.F) {
		mapfuzz.Fuzz(f, newCache[string, int])
	}
}

func ExampleExecute() {
	// In f.Fuzz(func(t *testing.T, data []byte) {
	mapfuzz.Execute(t, []byte("some bytes"), newCache[string, int])
	// })
	// Output:
}

func ExampleBudget() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Budget(100*time.Millisecond))
	// Output:
}

func ExampleWorkers() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Workers(8), mapfuzz.Budget(short))
	// Output:
}

func ExampleMaxHeap() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.MaxHeap(100<<20), mapfuzz.Budget(short))
	// Output:
}

func ExampleSeed() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Seed(7), mapfuzz.Budget(short))
	// Output:
}

func ExampleOnly() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Only("sequential", "duel"), mapfuzz.Budget(short))
	// Output:
}

func ExampleWithout() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.Without("steady"), mapfuzz.Budget(short))
	// Output:
}

// A map whose Range may show a key twice, if it is deleted and stored meanwhile.
func ExampleWeakRange() {
	mapfuzz.Test(t, newCache[string, int], mapfuzz.WeakRange(), mapfuzz.Budget(short))
	// Output:
}

// The callback of a sync.Map's Range may write.
func ExampleRangeAllowsWrites() {
	mapfuzz.Test(t, func() mapfuzz.Map[any, any] { return new(sync.Map) }, mapfuzz.RangeAllowsWrites(), mapfuzz.Budget(short))
	// Output:
}

// A point has fields that the driver can't fill.
type point struct{ x, y int }

func ExampleKeys() {
	mapfuzz.Test(t, newCache[point, int], mapfuzz.Keys(func(i int) point { return point{i % 10, i / 10} }), mapfuzz.Budget(short))
	// Output:
}

func ExampleValues() {
	mapfuzz.Test(t, newCache[int, point], mapfuzz.Values(func(i int) point { return point{i, i} }), mapfuzz.Budget(short))
	// Output:
}
