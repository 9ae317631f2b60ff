package goroutine_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

func TestCounts(t *testing.T) {
	created, live, ok := goroutine.Counts()
	require.True(t, ok, "Go 1.26 and later have both counters")
	t.Run("", func(t *testing.T) {
		park(t, 100, "TestCounts")
		c, l, _ := goroutine.Counts()
		assert.GreaterOrEqual(t, c, created+100)
		assert.GreaterOrEqual(t, l, live+100)
	})
	c, l, _ := goroutine.Counts()
	assert.GreaterOrEqual(t, c, created+100, "ended goroutines stay counted")
	assert.Less(t, l, live+100)
}

func TestCountsAllocatesNothing(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { goroutine.Counts() }))
}

func TestCountsConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := uint64(0)
			for range 1000 {
				created, live, ok := goroutine.Counts()
				if !assert.True(t, ok) || !assert.GreaterOrEqual(t, created, last) || !assert.Positive(t, live) {
					return
				}
				last = created
			}
		})
	}
	wg.Wait()
}
