package poolassert_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

var _ poolassert.TB = testing.TB(nil)

// soon keeps a failing check from waiting for what a test wants to leak.
func soon(p poolassert.Pool) poolassert.Pool {
	return poolassert.With(p, poolassert.Settle(20*time.Millisecond))
}

// figures are the statistics of a pool of the user's own.
type figures struct{ Taken, Given, Size int }

type lender struct{ figures }

func (l *lender) pool(name string) poolassert.Pool {
	return poolassert.Watch(name, func() figures { return l.figures },
		poolassert.Gauge[figures]{Name: "Out", Value: func(f figures) int64 { return int64(f.Taken - f.Given) }})
}

// That a slot of one pool did not come back says nothing about another pool of that name.
func TestASlotThatComesBackLate(t *testing.T) {
	var lost lender
	var out atomic.Int64
	gauge := poolassert.Gauge[int64]{Name: "Out", Value: func(n int64) int64 { return n }}
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() { lost.Taken++ }, leaktest.Only(leaktest.KindPool), leaktest.Pools(lost.pool("orders")), leaktest.Settle(20*time.Millisecond)))
	f = faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() {
		out.Add(1)
		time.AfterFunc(400*time.Millisecond, func() { out.Add(-1) })
	}, leaktest.Only(leaktest.KindPool), leaktest.Pools(poolassert.Watch("orders", out.Load, gauge))), f.Errors())
}

func TestWatch(t *testing.T) {
	var l lender
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { l.Taken++; l.Given++; l.Size = 7 }, l.pool("buffers")))
	assert.Empty(t, f.Errors()+f.Logs())
	l.Taken++
	assert.True(t, poolassert.NoLeak(f, func() {}, l.pool("buffers")), "what was out before")
	assert.True(t, poolassert.NoLeak(f, func() { l.Given++ }, l.pool("buffers")), "what comes back")
	assert.False(t, poolassert.NoLeak(f, func() { l.Taken += 3 }, soon(l.pool("buffers"))))
	golden(t, "watch", f.Errors())
	f = faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { l.Taken++ },
		poolassert.With(soon(l.pool("buffers")), poolassert.Compare(cmpopts.IgnoreFields(figures{}, "Taken")))))
	assert.NotContains(t, f.Errors(), "Taken", "as the options of go-cmp say")
	assert.Contains(t, f.Errors(), "settled for 20ms", "options of options hold, too")
}

// own is a pool of the user's own type.
type own struct {
	sync.Mutex
	inUse, waiting int64
}

func (o *own) Name() string { return "own" }

func (o *own) Stats() poolassert.Stats {
	o.Lock()
	defer o.Unlock()
	return poolassert.Stats{InUse: o.inUse, Waiting: o.waiting}
}

func (o *own) take(n int64) {
	o.Lock()
	defer o.Unlock()
	o.inUse += n
}

func TestOwnPool(t *testing.T) {
	o := &own{}
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		poolassert.Check(f, soon(o))
		o.inUse, o.waiting = 2, 1
	})
	assert.Regexp(t, `^T leaked \(settled for 20ms\): 2 pool slots\n\npool       \+2  own  InUse 0 → 2  Waiting 0 → 1\n`, f.Errors())
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		poolassert.Check(f, o)
		o.take(1)
		f.Cleanup(func() { o.take(-1) })
	})
	assert.Empty(t, f.Errors())
	f, _ = faketb.Run("T", func(f *faketb.TB) { poolassert.Check(f, o); poolassert.Check(f, o) })
	assert.Contains(t, f.Errors(), "poolassert: Check is called twice on T")
	o = &own{} // with something out the beginning takes several looks
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		w := &watched{Pool: o}
		w.look = func(look int) {
			if look == 3 { // the second one at the end
				o.take(-1)
			}
		}
		poolassert.Check(f, w)
		o.take(1)
	})
	assert.Empty(t, f.Errors(), "what comes back by itself is waited for")
}

// Bad input is told with what is wrong, and costs no test what it is about.
func TestWrongPools(t *testing.T) {
	var l lender
	for want, pools := range map[string][]poolassert.Pool{
		"poolassert: no pool is given: pass the pools to watch":                                                       {},
		"poolassert: a pool is nil: open it before the check":                                                         {nil},
		`poolassert: two pools are called "a": give each a name of its own`:                                           {l.pool("a"), l.pool("a")},
		"poolassert: a pool of type poolassert.known has no name: give it one, for the report":                        {l.pool("")},
		"poolassert: b: stats is nil: pass the function that reads the statistics":                                    {poolassert.Watch[figures]("b", nil)},
		"poolassert: b: no gauge is given: pass at least one":                                                         {poolassert.Watch("b", func() figures { return figures{} })},
		"poolassert: orders: the *sql.DB is nil: open it before the check":                                            {poolassert.DB("orders", nil)},
		"poolassert: a: Settle(-1s): a time to wait can't be negative":                                                {poolassert.With(l.pool("a"), poolassert.Settle(-time.Second))},
		"poolassert: a: option 1 is nil: leave it out":                                                                {poolassert.With(l.pool("a"), nil)},
		"poolassert: slots: the channel has no buffer: it is no pool":                                                 {poolassert.Slots("slots", make(chan int))},
		"poolassert: slots: what it watches is nil: open it before the check":                                         {poolassert.Slots[int]("slots", nil)},
		"poolassert: web: the *http.Transport is nil: pass your client's, or http.DefaultTransport.(*http.Transport)": {poolassert.Transport("web", nil)},
	} {
		ran := false
		f := faketb.New("T")
		assert.False(t, poolassert.NoLeak(f, func() { ran = true }, pools...))
		assert.Equal(t, want, f.Errors())
		assert.True(t, ran)
	}
}

func TestStatisticsThatPanicOrBlock(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	gauge := poolassert.Gauge[int]{Name: "Out", Value: func(n int) int64 { return int64(n) }}
	f := faketb.New("T")
	poolassert.NoLeak(f, func() {}, poolassert.Watch("broken", func() int { panic("no pool") }, gauge))
	assert.Equal(t, "note: pool: not checked: broken: its statistics: panic: no pool", f.Errors())
	f = faketb.New("T")
	began := time.Now()
	poolassert.NoLeak(f, func() {}, poolassert.Watch("stuck", func() int { <-stuck; return 0 }, gauge))
	assert.Equal(t, "note: pool: not checked: stuck: its statistics have not come for 2s: does something hold a lock?", f.Errors())
	assert.Less(t, time.Since(began), 30*time.Second, "it does not hang")
}

// The goroutine that asks is no test's leak.
func TestWatchBesideGoroutines(t *testing.T) {
	var l lender
	f := faketb.New("T")
	for range 20 {
		assert.True(t, leaktest.NoLeak(f, func() {}, leaktest.Goroutines(), leaktest.Pools(l.pool("a"))))
		assert.True(t, leaktest.NoLeak(f, func() {}, leaktest.Everything(l.pool("a"))), f.Errors())
	}
	assert.Empty(t, f.Errors()+f.Logs())
}
