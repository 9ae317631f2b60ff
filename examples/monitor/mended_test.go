package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"weak"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/monitor"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

type order struct{ item string }

//go:noinline
func newOrder(item string) *order { return &order{item: item} }

// The gauges of a map that must return to where they were. The values that are live do
// so only when the collector has run.
var (
	entries = poolassert.Gauge[monitor.Stats]{Name: "entry_count", Value: func(s monitor.Stats) int64 { return s.Entries }}
	live    = poolassert.Gauge[monitor.Stats]{Name: "live_values", Value: func(s monitor.Stats) int64 { runtime.GC(); return s.Live }}
)

func quiet(int64) {}

func TestMap(t *testing.T) {
	m := monitor.New[string, order](100, quiet)
	poolassert.Check(t, poolassert.Watch("orders", m.Stats, entries, live))
	apples, pears, plums := newOrder("apples"), newOrder("pears"), newOrder("plums")

	m.Store("ada", apples)
	m.Store("ada", apples) // it is there: no entry more
	was, loaded := m.Swap("ada", pears)
	assert.True(t, loaded)
	assert.Same(t, apples, was)
	_, loaded = m.Swap("eve", plums)
	assert.False(t, loaded)
	assert.EqualValues(t, 2, m.Stats().Entries)

	is, loaded := m.LoadOrStore("ada", plums)
	assert.True(t, loaded)
	assert.Same(t, pears, is)
	is, loaded = m.LoadOrStore("bob", apples)
	assert.False(t, loaded)
	assert.Same(t, apples, is)
	is, ok := m.Load("bob")
	assert.True(t, ok)
	assert.Same(t, apples, is)
	_, ok = m.Load("nobody")
	assert.False(t, ok)
	assert.EqualValues(t, 3, m.Stats().Entries)
	assert.Equal(t, 0.5, m.Stats().MissRate, "bob's and nobody's, of four")

	keys := 0
	m.Range(func(key string, value *order) bool { keys++; return keys < 2 })
	assert.Equal(t, 2, keys)

	assert.False(t, m.CompareAndDelete("ada", apples))
	assert.True(t, m.CompareAndDelete("ada", pears))
	is, loaded = m.LoadAndDelete("eve")
	assert.True(t, loaded)
	assert.Same(t, plums, is)
	_, loaded = m.LoadAndDelete("eve")
	assert.False(t, loaded)
	m.Delete("bob")
	m.Delete("bob")
	assert.Zero(t, m.Stats().Entries)
}

// The count is that of the entries, whatever goroutines do at the same time.
func TestCountIsTrue(t *testing.T) {
	leaktest.Check(t)
	m := monitor.New[int, order](10, quiet)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			value := newOrder("apples")
			for range 2000 {
				switch key := rand.IntN(20); rand.IntN(6) {
				case 0, 1:
					m.Store(key, value)
				case 2:
					m.LoadOrStore(key, value)
				case 3:
					m.Delete(key)
				case 4:
					m.CompareAndDelete(key, value)
				case 5:
					m.Load(key)
				}
			}
		})
	}
	workers.Wait()
	var count int64
	m.Range(func(int, *order) bool { count++; return true })
	assert.Equal(t, count, m.Stats().Entries)
}

// The alarm comes once when the number of entries rises above the threshold, and again
// when it has been below meanwhile.
func TestAlarm(t *testing.T) {
	leaktest.Check(t)
	var alarms atomic.Int64
	m := monitor.New[int, order](50, func(entries int64) {
		assert.EqualValues(t, 51, entries)
		alarms.Add(1)
	})
	all := func(do func(key int)) {
		var workers sync.WaitGroup
		for key := range 100 {
			workers.Go(func() { do(key) })
		}
		workers.Wait()
	}
	for crossing := range int64(3) {
		all(func(key int) { m.Store(key, newOrder("apples")) })
		assert.Equal(t, crossing+1, alarms.Load())
		all(func(key int) { m.Store(key, newOrder("pears")) }) // and no entry more
		assert.Equal(t, crossing+1, alarms.Load())
		all(m.Delete)
	}
}

// A map that is dropped is released with its entries, and so is a value that is removed.
func TestRelease(t *testing.T) {
	m := monitor.New[string, order](100, quiet)
	memassert.Collected(t, m)
	for i := range 100 {
		value := newOrder(fmt.Sprint("order ", i))
		memassert.Collected(t, value)
		m.Store(value.item, value)
	}
	m.Store("nothing", nil)
	assert.EqualValues(t, 100, m.Stats().Live)
}

// The gauge of live values finds who keeps what is no longer in the map.
func TestValueThatIsKeptElsewhere(t *testing.T) {
	m := monitor.New[string, order](100, quiet)
	f := faketb.New("TestRecent")
	var recent []*order
	assert.False(t, poolassert.NoLeak(f, func() {
		value := newOrder("apples")
		m.Store("ada", value)
		m.Delete("ada")
		recent = append(recent, value)
	}, poolassert.With(poolassert.Watch("orders", m.Stats, entries, live), poolassert.Settle(0))))
	assert.Contains(t, f.Errors(), "live_values 0 → 1")
	assert.NotContains(t, f.Errors(), "entry_count 0 → 1")
	runtime.KeepAlive(recent)
}

// The leaking twin is caught each time: its counter on a key that is stored twice and then
// deleted, and its cleanup on a map that nobody has any more.
func TestLeakingMapIsCaught(t *testing.T) {
	alarms := 0
	m := monitor.NewLeaking[string, order](2, func(int64) { alarms++ })
	f := faketb.New("TestOrders")
	apples, pears := newOrder("apples"), newOrder("pears")
	assert.False(t, poolassert.NoLeak(f, func() {
		m.Store("ada", apples)
		m.Store("ada", pears)
		m.Delete("ada")
	}, poolassert.With(poolassert.Watch("orders", m.Stats, entries), poolassert.Settle(0))))
	readme.Report(t, "TestOrders", f.Errors())
	for range 5 { // one entry, and an alarm each time
		m.Store("ada", apples)
	}
	assert.Equal(t, 5, alarms)
	_, ok := m.Load("ada")
	assert.True(t, ok)
	_, ok = m.Load("eve")
	assert.False(t, ok)
	assert.Equal(t, 0.5, m.Stats().MissRate)
	runtime.KeepAlive(pears)

	f = faketb.New("TestDropped")
	dropped := drop(f)
	f.End()
	readme.Report(t, "TestDropped", f.Errors())
	dropped.Value().Delete("ada")
	for dropped.Value() != nil { // without entries it can go
		runtime.GC()
	}
}

// drop makes a map that nobody has.
func drop(t memassert.TB) weak.Pointer[monitor.Leaking[string, order]] {
	m := monitor.NewLeaking[string, order](2, quiet)
	m.Store("ada", newOrder("apples"))
	memassert.Collected(t, m, memassert.Settle(0))
	return weak.Make(m)
}
