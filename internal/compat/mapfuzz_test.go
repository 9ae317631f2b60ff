package compat

import (
	"flag"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/puzpuzpuz/xsync/v4"
	"github.com/stretchr/testify/require"
)

var (
	budget   = flag.Duration("budget", 100*time.Millisecond, "how long a map that is right is driven")
	explored = flag.Duration("explored", 3*time.Second, "how long a map that is right is explored")
)

// Maps that are right are never said to be wrong:
//
//	go test -run TestMapsHold -runs 100 -budget 2s
func TestMapsHold(t *testing.T) {
	t.Run("sync.Map", func(t *testing.T) {
		mapHolds(t, func() mapfuzz.Map[any, any] { return new(sync.Map) }, mapfuzz.RangeAllowsWrites())
	})
	t.Run("map+RWMutex", func(t *testing.T) {
		mapHolds(t, func() mapfuzz.Map[int, string] { return new(maps.RWLocked[int, string]) })
	})
	t.Run("sharded", func(t *testing.T) {
		mapHolds(t, func() mapfuzz.Map[string, *[4]int] { return new(maps.Sharded[string, *[4]int]) }, mapfuzz.RangeAllowsWrites())
	})
	t.Run("RCU", func(t *testing.T) {
		mapHolds(t, func() mapfuzz.Map[int, int] { return new(maps.RCU[int, int]) }, mapfuzz.RangeAllowsWrites())
	})
	t.Run("xsync v4", func(t *testing.T) {
		mapHolds(t, func() mapfuzz.Map[int, string] { return withoutClear{xsync.NewMap[int, string]()} }, mapfuzz.RangeAllowsWrites())
	})
}

// Exploring finds nothing in maps that are right, with keys that collide either.
func TestExploredMapsHold(t *testing.T) {
	t.Run("sync.Map", func(t *testing.T) {
		exploredHolds(t, func() mapfuzz.Map[any, any] { return new(sync.Map) })
	})
	t.Run("xsync v4", func(t *testing.T) {
		exploredHolds(t, func() mapfuzz.Map[string, string] { return stringKeyed{xsync.NewMap[string, string]()} })
	})
}

func exploredHolds[K comparable, V any](t *testing.T, newMap func() mapfuzz.Map[K, V]) {
	t.Helper()
	f := faketb.New(t.Name())
	mapfuzz.Test(f, newMap, mapfuzz.Explore(), mapfuzz.Budget(*explored))
	if os.Getenv("LEAKASSERT_EXPLORE") != "" {
		t.SkipNow() // the rest is the parent's
	}
	require.Empty(t, f.Errors())
	require.Regexp(t, `: all hashes equal: [\d ]+ schedules hold`, f.Logs())
	require.Regexp(t, `: hashes of 4 values: [\d ]+ schedules hold`, f.Logs())
	require.NotContains(t, f.Logs(), "not controlled")
	t.Log(f.Logs())
}

// stringKeyed is a map of xsync with string keys and without Clear.
type stringKeyed struct {
	m *xsync.Map[string, string]
}

func (s stringKeyed) Load(k string) (string, bool)           { return s.m.Load(k) }
func (s stringKeyed) Store(k, v string)                      { s.m.Store(k, v) }
func (s stringKeyed) Delete(k string)                        { s.m.Delete(k) }
func (s stringKeyed) Range(f func(k, v string) bool)         { s.m.Range(f) }
func (s stringKeyed) LoadOrStore(k, v string) (string, bool) { return s.m.LoadOrStore(k, v) }
func (s stringKeyed) LoadAndDelete(k string) (string, bool)  { return s.m.LoadAndDelete(k) }
func (s stringKeyed) Len() int                               { return s.m.Size() }

// withoutClear is a map of xsync without its Clear, and with a Swap.
type withoutClear struct{ xsyncMap }

type xsyncMap interface {
	mapfuzz.Map[int, string]
	LoadOrStore(int, string) (string, bool)
	LoadAndDelete(int) (string, bool)
	LoadAndStore(int, string) (string, bool)
	Size() int
}

func (m withoutClear) Swap(k int, v string) (string, bool) { return m.LoadAndStore(k, v) }

// Clear of xsync v4.5.0 returns before the map is clear, when another goroutine just
// makes the table another size, or clears it.
func TestXsyncClear(t *testing.T) {
	f := faketb.New(t.Name())
	for began := time.Now(); time.Since(began) < 5*time.Minute && !f.Failed(); { // soon, but not beside other work with the race detector
		mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return xsync.NewMap[int, string]() }, mapfuzz.Only("history"))
	}
	require.Contains(t, f.Errors(), "mapfuzz: *xsync.Map[int,string]: ")
	require.Contains(t, f.Errors(), "Clear()")
	t.Log(f.Errors())
}

func mapHolds[K comparable, V any](t *testing.T, newMap func() mapfuzz.Map[K, V], opts ...mapfuzz.Option) {
	t.Helper()
	for i := range *runs {
		f := faketb.New(t.Name() + "/map")
		mapfuzz.Test(f, newMap, append(opts, mapfuzz.Budget(*budget))...)
		require.Empty(t, f.Errors(), "run %d", i+1)
		for _, l := range []string{"could not be judged", "not confirmed"} {
			require.NotContains(t, f.Logs(), l, "run %d", i+1)
		}
	}
}
