package goroutine_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

func TestCounts(t *testing.T) {
	start := goroutine.Count()
	require.True(t, start.Known, "Go 1.26 and later have both counters")
	t.Run("", func(t *testing.T) {
		park(t, 100, "TestCounts")
		now := goroutine.Count()
		assert.GreaterOrEqual(t, now.Created, start.Created+100)
		assert.GreaterOrEqual(t, now.Live, start.Live+100)
	})
	now := goroutine.Count()
	assert.GreaterOrEqual(t, now.Created, start.Created+100, "ended goroutines stay counted")
	assert.Less(t, now.Live, start.Live+100)
}

func TestCountsAllocatesNothing(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() { goroutine.Count() }))
}

func TestCountsConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := uint64(0)
			for range 1000 {
				now := goroutine.Count()
				if !assert.True(t, now.Known) || !assert.GreaterOrEqual(t, now.Created, last) || !assert.Positive(t, now.Live) {
					return
				}
				last = now.Created
			}
		})
	}
	wg.Wait()
}
