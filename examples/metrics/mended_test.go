package metrics_test

import (
	"context"
	"regexp"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/metrics"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCollector(t *testing.T) {
	leaktest.Check(t)
	var sum atomic.Int64
	c := metrics.Start(4, time.Second, func(_ context.Context, s metrics.Sample) { sum.Add(int64(s.Value)) })
	for i := range 100 {
		require.NoError(t, c.Add(t.Context(), metrics.Sample{Name: "requests", Value: float64(i)}))
	}
	c.Close()
	c.Close()
	assert.EqualValues(t, 99*100/2, sum.Load())
	assert.ErrorIs(t, c.Add(t.Context(), metrics.Sample{}), metrics.ErrClosed)
}

// A backend that hangs holds a worker for the timeout and no longer.
func TestCollectorWithABackendThatHangs(t *testing.T) {
	leaktest.Check(t)
	c := metrics.Start(1, time.Millisecond, func(ctx context.Context, _ metrics.Sample) { <-ctx.Done() })
	for range 3 {
		require.NoError(t, c.Add(t.Context(), metrics.Sample{}))
	}
	c.Close()
}

func TestCollectorAddGivesUp(t *testing.T) {
	leaktest.Check(t)
	busy := make(chan struct{})
	c := metrics.Start(1, time.Minute, func(context.Context, metrics.Sample) { <-busy })
	require.NoError(t, c.Add(t.Context(), metrics.Sample{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, c.Add(ctx, metrics.Sample{}), context.Canceled)
	close(busy)
	c.Close()
}

func TestCollectorsDoNotAddUp(t *testing.T) {
	leaktest.NoGrowth(t, func() {
		c := metrics.Start(4, time.Second, func(context.Context, metrics.Sample) {})
		assert.NoError(t, c.Add(t.Context(), metrics.Sample{}))
		c.Close()
	})
}

// settled matches the settle time, which is shorter for a place that has leaked before.
var settled = regexp.MustCompile(`(settled for )\w+`)

// The leaking twin is caught each time.
func TestLeakingCollectorIsCaught(t *testing.T) {
	for range 3 {
		var c *metrics.Leaking
		f := faketb.New("TestCollectorLeaks")
		assert.False(t, leaktest.NoLeak(f, func() {
			c = metrics.StartLeaking(4, func(metrics.Sample) {})
			c.Add(metrics.Sample{Name: "requests", Value: 1})
		}))
		readme.Report(t, "TestCollectorLeaks", f.Errors(), settled)
		runtime.KeepAlive(c) // while something refers to the channel, the runtime can't prove the leak
	}
}
