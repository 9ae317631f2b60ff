package mapfuzz_test

import (
	"flag"
	"math/rand/v2"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

var narrow = flag.Int("narrow", 0, "count in so many runs of each map how often a window of a few instructions is found")

// A cells is a map of which each key has a cell that is changed by atomic operations.
type cells struct {
	table maps.Sharded[int, *atomic.Int64] // the value, or gone
}

const gone = -1

func (c *cells) cell(k int) *atomic.Int64 {
	if e, ok := c.table.Load(k); ok {
		return e
	}
	e := new(atomic.Int64)
	e.Store(gone)
	e, _ = c.table.LoadOrStore(k, e)
	return e
}

func found(v int64) (int, bool) { return max(0, int(v)), v != gone }

func (c *cells) Load(k int) (int, bool)          { return found(c.cell(k).Load()) }
func (c *cells) Store(k, v int)                  { c.cell(k).Store(int64(v)) }
func (c *cells) Delete(k int)                    { c.cell(k).Store(gone) }
func (c *cells) Swap(k, v int) (int, bool)       { return found(c.cell(k).Swap(int64(v))) }
func (c *cells) LoadAndDelete(k int) (int, bool) { return found(c.cell(k).Swap(gone)) }
func (c *cells) LoadOrStore(k, v int) (int, bool) {
	for e := c.cell(k); ; {
		if e.CompareAndSwap(gone, int64(v)) {
			return v, false
		}
		if old := e.Load(); old != gone {
			return int(old), true
		}
	}
}
func (c *cells) CompareAndSwap(k, old, new int) bool {
	return c.cell(k).CompareAndSwap(int64(old), int64(new))
}
func (c *cells) CompareAndDelete(k, old int) bool {
	return c.cell(k).CompareAndSwap(int64(old), gone)
}
func (c *cells) Range(f func(k, v int) bool) {
	c.table.Range(func(k int, e *atomic.Int64) bool {
		v, ok := found(e.Load())
		return !ok || f(k, v)
	})
}

// Each of these has one operation whose two steps have a window between them.
type (
	casWindow    struct{ cells }
	deleteWindow struct{ cells }
	swapWindow   struct{ cells }
	storeWindow  struct{ cells }
	takeWindow   struct{ cells }
	// lastAnswer keeps the last answer, which goes stale if a store comes between.
	lastAnswer struct {
		cells
		last atomic.Pointer[[2]int]
	}
	// revived marks deleted entries, and a store brings a marked one back to life. A Delete that comes between removes it.
	revived struct {
		table maps.Sharded[int, *stone]
	}
	stone struct {
		val  atomic.Int64
		dead atomic.Bool
	}
)

func (m *casWindow) CompareAndSwap(k, old, new int) bool {
	e := m.cell(k)
	if e.Load() != int64(old) {
		return false
	}
	e.Store(int64(new))
	return true
}

func (m *deleteWindow) CompareAndDelete(k, old int) bool {
	e := m.cell(k)
	if e.Load() != int64(old) {
		return false
	}
	e.Store(gone)
	return true
}

func (m *swapWindow) Swap(k, v int) (int, bool) {
	e := m.cell(k)
	old := e.Load()
	e.Store(int64(v))
	return found(old)
}

func (m *storeWindow) LoadOrStore(k, v int) (int, bool) {
	e := m.cell(k)
	if old := e.Load(); old != gone {
		return int(old), true
	}
	e.Store(int64(v))
	return v, false
}

func (m *takeWindow) LoadAndDelete(k int) (int, bool) {
	e := m.cell(k)
	old := e.Load()
	e.Store(gone)
	return found(old)
}

func (m *lastAnswer) Load(k int) (int, bool) {
	if a := m.last.Load(); a != nil && a[0] == k {
		return a[1], true
	}
	v, ok := m.cells.Load(k)
	if ok {
		m.last.Store(&[2]int{k, v})
	}
	return v, ok
}

func (m *lastAnswer) forget()        { m.last.Store(nil) }
func (m *lastAnswer) Store(k, v int) { m.cells.Store(k, v); m.forget() }
func (m *lastAnswer) Delete(k int)   { m.cells.Delete(k); m.forget() }
func (m *lastAnswer) Swap(k, v int) (int, bool) {
	defer m.forget()
	return m.cells.Swap(k, v)
}
func (m *lastAnswer) LoadAndDelete(k int) (int, bool) {
	defer m.forget()
	return m.cells.LoadAndDelete(k)
}
func (m *lastAnswer) LoadOrStore(k, v int) (int, bool) {
	defer m.forget()
	return m.cells.LoadOrStore(k, v)
}
func (m *lastAnswer) CompareAndSwap(k, old, new int) bool {
	defer m.forget()
	return m.cells.CompareAndSwap(k, old, new)
}
func (m *lastAnswer) CompareAndDelete(k, old int) bool {
	defer m.forget()
	return m.cells.CompareAndDelete(k, old)
}

func (m *revived) Load(k int) (int, bool) {
	e, ok := m.table.Load(k)
	if !ok || e.dead.Load() {
		return 0, false
	}
	return int(e.val.Load()), true
}

func (m *revived) Store(k, v int) {
	fresh := new(stone)
	fresh.val.Store(int64(v))
	if e, loaded := m.table.LoadOrStore(k, fresh); loaded {
		e.val.Store(int64(v))
		e.dead.Store(false)
	}
}

func (m *revived) Delete(k int) {
	if e, ok := m.table.Load(k); ok {
		e.dead.Store(true)
		m.table.CompareAndDelete(k, e)
	}
}

func (m *revived) Range(f func(k, v int) bool) {
	m.table.Range(func(k int, e *stone) bool { return e.dead.Load() || f(k, int(e.val.Load())) })
}

// TestNarrowWindows counts how often a fault is found in a run of the usual budget:
//
//	go test ./leaktest/mapfuzz -run TestNarrowWindows -v -narrow 20
//
// It depends on the machine and its load, so no number is wrong, but for a right map.
func TestNarrowWindows(t *testing.T) {
	if *narrow == 0 {
		t.Skip("it takes minutes: -narrow 20 runs it")
	}
	for _, c := range []struct {
		name   string
		newMap func() mapfuzz.Map[int, int]
	}{
		{"right", func() mapfuzz.Map[int, int] { return new(cells) }},
		{"CompareAndSwap", func() mapfuzz.Map[int, int] { return new(casWindow) }},
		{"CompareAndDelete", func() mapfuzz.Map[int, int] { return new(deleteWindow) }},
		{"Swap", func() mapfuzz.Map[int, int] { return new(swapWindow) }},
		{"LoadOrStore", func() mapfuzz.Map[int, int] { return new(storeWindow) }},
		{"LoadAndDelete", func() mapfuzz.Map[int, int] { return new(takeWindow) }},
		{"last answer", func() mapfuzz.Map[int, int] { return new(lastAnswer) }},
		{"revived", func() mapfuzz.Map[int, int] { return new(revived) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			times, modes := 0, make(map[string]int)
			for range *narrow {
				f := faketb.New(t.Name())
				mapfuzz.Test(f, c.newMap, mapfuzz.Seed(rand.Uint64()))
				if f.Failed() {
					times++
					modes[regexp.MustCompile(`\((mode \w+|explored)`).FindString(f.Errors())]++
				}
				if c.name == "right" {
					assert.Empty(t, f.Errors())
				}
			}
			t.Logf("found in %d of %d runs: %v", times, *narrow, modes)
		})
	}
}
