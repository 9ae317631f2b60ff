package leaktest_test

import (
	"math"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// The clean path allocates the same however many goroutines there are.
func TestCleanPathAllocatesNothingByTheGoroutine(t *testing.T) {
	f := faketb.New("T")
	measure := func() float64 {
		least := math.Inf(1)
		for range 5 { // what other tests have left running allocates too
			least = min(least, testing.AllocsPerRun(100, func() { leaktest.NoLeak(f, func() {}) }))
		}
		return least
	}
	measure() // the first run has buffers to make
	few := measure()
	faketb.Stuck(t, 5000)
	measure()
	assert.InDelta(t, few, measure(), 2, "a goroutine's number of more digits is a string of its own")
}
