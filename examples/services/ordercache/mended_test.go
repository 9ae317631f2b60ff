package ordercache_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/ordercache"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// orders makes orders of so many lines, each with an ID of its own.
//
//go:noinline
func orders(lines int) func() *ordercache.Order {
	n := 0
	return func() *ordercache.Order {
		n++
		return &ordercache.Order{ID: strconv.Itoa(n), Lines: make([]string, lines)}
	}
}

func TestCache(t *testing.T) {
	leaktest.Check(t)
	c := ordercache.New()
	defer c.Close()
	c.Put(&ordercache.Order{ID: "1", Lines: []string{"tea"}})
	o, ok := c.Get("1")
	require.True(t, ok)
	assert.Equal(t, []string{"tea"}, o.Lines)
	_, ok = c.Get("2")
	assert.False(t, ok)
}

// Time is that of the bubble: nothing waits for half a minute.
func TestCacheExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ordercache.New()
		defer c.Close()
		c.Put(orders(1)())
		time.Sleep(ordercache.Keep - time.Second)
		_, ok := c.Get("1")
		assert.True(t, ok)
		time.Sleep(time.Second)
		_, ok = c.Get("1")
		assert.False(t, ok, "to have asked for it has not kept it")
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, c.Weight(), "nobody had to ask for it to go")
	})
}

// There is room for ten thousand lines, in many orders or in few.
func TestCacheIsBounded(t *testing.T) {
	for _, lines := range []int{1, 99, 1999} {
		synctest.Test(t, func(t *testing.T) {
			c := ordercache.New()
			defer c.Close()
			next := orders(lines)
			for range 2 * ordercache.MaxWeight / (1 + lines) {
				c.Put(next())
			}
			synctest.Wait() // for the cleaning up
			assert.LessOrEqual(t, c.Weight(), uint64(ordercache.MaxWeight))
			assert.Positive(t, c.Weight())
		})
	}
}

// A cache that fills up is no leak, and neither is one that is closed.
func TestCacheDoesNotGrow(t *testing.T) {
	c := ordercache.New()
	defer c.Close()
	next := orders(99)
	for range 20 {
		require.True(t, memassert.NoGrowth(t, func() { c.Put(next()) }))
	}
	memassert.NoGrowth(t, func() {
		c := ordercache.New()
		c.Put(next())
		c.Close()
	})
}

// The leaking twin is caught each time.
func TestLeakingCacheIsCaught(t *testing.T) {
	for range 3 {
		var c ordercache.Leaking
		next := orders(1)
		f := faketb.New("TestPut")
		assert.False(t, memassert.NoGrowth(f, func() { c.Put(next()) }, memassert.Settle(0)))
		assert.Contains(t, f.Errors(), "*ordercache.Order")
		assert.Contains(t, f.Errors(), "ordercache.(*Leaking).Put  ordercache/leaking.go:10")
		readme.Report(t, "TestPut", readme.Suspect(t, f.Errors(), "[]string", "*ordercache.Order", "*sync.entry"), readme.Growth)
		_, ok := c.Get("1")
		assert.True(t, ok, "the first order is still there")
	}
}
