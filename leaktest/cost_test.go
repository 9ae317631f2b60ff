package leaktest_test

import (
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Tests that end together do not each dump the stacks of all that wait.
func TestManyParallelTestsShareADump(t *testing.T) {
	const n = 400
	fs := make([]*faketb.TB, n)
	var begun, ended sync.WaitGroup
	end := make(chan struct{})
	for i := range fs {
		begun.Add(1)
		ended.Go(func() {
			fs[i] = faketb.New("Test")
			leaktest.Check(fs[i])
			begun.Done()
			<-end
			fs[i].End()
		})
	}
	begun.Wait()
	before := dumps(t)
	close(end)
	ended.Wait()
	assert.Less(t, dumps(t)-before, n/2)
	for _, f := range fs {
		assert.Empty(t, f.Errors())
	}
}

// dumps is how often this process has been stopped to read goroutines' stacks.
func dumps(t *testing.T) int {
	sample := []metrics.Sample{{Name: "/sched/pauses/stopping/other:seconds"}}
	metrics.Read(sample)
	require.Equal(t, metrics.KindFloat64Histogram, sample[0].Value.Kind())
	n := 0
	for _, c := range sample[0].Value.Float64Histogram().Counts {
		n += int(c)
	}
	return n
}

// The clean path allocates the same however many goroutines there are.
func TestCleanPathAllocatesNothingByTheGoroutine(t *testing.T) {
	f := faketb.New("T")
	measure := func() float64 {
		return testing.AllocsPerRun(100, func() { leaktest.NoLeak(f, func() {}) })
	}
	measure() // the first run has buffers to make
	few := measure()
	faketb.Stuck(t, 5000)
	measure()
	assert.InDelta(t, few, measure(), 2, "a goroutine's number of more digits is a string of its own")
}
