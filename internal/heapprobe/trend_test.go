package heapprobe

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/leakassert/leakassert/internal/plan"
	"github.com/stretchr/testify/assert"
)

// A heap says what is live after so many iterations.
type heap func(iterations int) (objects, bytes float64)

// follow plays the rounds that a body of a heap would have; grows is the verdict.
func follow(h heap, max plan.Max) (grows bool, t *trend) {
	t = newTrend(max)
	iterations := 0
	at := func() amount {
		o, b := h(iterations)
		return amount{int64(o), int64(b)}
	}
	iterations += usualWarmup
	level := at()
	for n := usualFirst; !t.clean(false); n *= 2 {
		iterations += n
		before := level
		level = at()
		t.round(n, level.minus(before))
		if t.total >= growingFactor*usualFirst-usualFirst && t.persists() && (!t.slowing() || t.rounds > 12) {
			return true, t
		}
		if t.rounds > 20 {
			return false, t
		}
	}
	return false, t
}

func TestTrend(t *testing.T) {
	linear := func(objects, bytes float64) heap {
		return func(i int) (float64, float64) { return 5000 + objects*float64(i), 1e6 + bytes*float64(i) }
	}
	filling := func(most, bytes float64) heap {
		return func(i int) (float64, float64) { n := math.Min(most, float64(i)); return n, n * bytes }
	}
	// steps is what a slice takes that words are appended to.
	steps := func(word float64, factor float64) heap {
		return func(i int) (float64, float64) {
			size := 8.0
			for size < float64(i) {
				size = math.Ceil(size * factor)
			}
			return 1, size * word
		}
	}
	for _, c := range []struct {
		why   string
		heap  heap
		grows bool
	}{
		{"nothing", linear(0, 0), false},
		{"one object", linear(1, 16), true},
		{"64 bytes and no object", linear(0, 64), true},
		{"many objects", linear(1000, 1e5), true},
		{"one object in three iterations is too little", linear(1./3, 8), false},
		{"a cache of 10", filling(10, 1000), false},
		{"a cache of 1000", filling(1000, 1000), false},
		{"a cache of 2000", filling(2000, 100), false},
		{"a slice that doubles", steps(64, 2), true},
		{"a slice that grows by a quarter", steps(64, 1.25), true},
		{"keys drawn from 500", func(i int) (float64, float64) {
			n := 500 * (1 - math.Pow(1-1./500, float64(i)))
			return n, 100 * n
		}, false},
		{"remains of goroutines, ever more of them by chance", func(i int) (float64, float64) {
			n := 40 * math.Log(float64(i+1))
			return n, 480 * n
		}, false},
		{"a leak beside something large that goes", func(i int) (float64, float64) {
			o, b := linear(1, 100)(i)
			if i > 300 {
				return o - 3000, b - 1e6
			}
			return o, b
		}, true},
		{"a leak beside a cache that is flushed now and then", func(i int) (float64, float64) {
			return float64(i) + float64(i%700), 100 * (float64(i) + float64(i%700))
		}, true},
		{"only the cache that is flushed now and then", func(i int) (float64, float64) { return float64(i % 700), 100 * float64(i%700) }, false},
	} {
		grows, trend := follow(c.heap, plan.Max{})
		assert.Equal(t, c.grows, grows, "%s: %+v", c.why, trend.measures)
	}
}

// Noise that does not grow is no growth, and what is within the slack hides none.
func TestTrendWithNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ most, each float64 }{{200, 0}, {slackObjects, 1}} {
		for range 2000 {
			noise := c.most * rng.Float64()
			h := func(i int) (float64, float64) {
				v := c.each*float64(i) + noise*rng.Float64()
				return v, 64 * v
			}
			grows, trend := follow(h, plan.Max{})
			assert.Equal(t, c.each > 0, grows, "noise of %v: %+v", noise, trend.measures)
		}
	}
}

func TestTrendAllowsWhatIsAllowed(t *testing.T) {
	three := func(i int) (float64, float64) { return 3 * float64(i), 300 * float64(i) }
	for _, c := range []struct {
		max   plan.Max
		grows bool
	}{
		{plan.Max{}, true},
		{plan.Max{Objects: 2, LimitsObjects: true}, true},
		{plan.Max{Objects: 3, LimitsObjects: true}, false},
		{plan.Max{Bytes: 200, LimitsBytes: true}, true},
		{plan.Max{Bytes: 300, LimitsBytes: true}, false},
		{plan.Max{Objects: 3, Bytes: 200, LimitsObjects: true, LimitsBytes: true}, true},
	} {
		grows, _ := follow(three, c.max)
		assert.Equal(t, c.grows, grows, "%+v", c.max)
	}
}

func TestOutputIsCounted(t *testing.T) {
	output := outputOf(t)
	before := output()
	t.Log("a line that the testing package keeps until the test is over, unless it prints it at once")
	if !testing.Verbose() {
		assert.Greater(t, output(), before)
	}
	wrapped := struct{ testing.TB }{t}
	assert.Equal(t, output(), outputOf(&wrapped)())
	t.Run("sub", func(t *testing.T) {
		assert.GreaterOrEqual(t, outputOf(t)(), before, "those around it are counted, too")
	})
	assert.Zero(t, outputOf(nil)())
	assert.Zero(t, outputOf(struct{ *testing.T }{})())
}
