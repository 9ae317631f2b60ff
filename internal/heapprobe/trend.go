package heapprobe

import (
	"math"

	"github.com/leakassert/leakassert/internal/check"
)

const (
	// Growth is what is more than is allowed by half an object or 32 bytes an
	// iteration: one object or 64 bytes every time is, whatever a slice's or a
	// map's growing in steps makes of it in one round.
	leastObjects, leastBytes = 0.5, 32
	// slackObjects and slackBytes are what a round may leave behind that has
	// nothing to do with iterations: a goroutine's remains, a buffer.
	slackObjects, slackBytes = 24, 2048

	// acquitted is after how many rounds without growth a body is clean. One can
	// be mistaken: something else may have been released at the same time.
	acquitted = 2
	// convicted is how many rounds in turn must have grown.
	convicted = 3
	// excused is how many rounds in which the heap shrank say nothing.
	excused = 2
)

// A trend is how the heap has grown over rounds. Rounds double: what fills up
// and is full grows ever less an iteration, and what grows in steps takes one in
// every round.
type trend struct {
	measures [2]measure // objects, bytes
	rounds   int
	total    int // iterations
}

// A measure is one of the two that the heap has.
type measure struct {
	least, slack          float64
	unlimited             bool
	slopes                []float64 // of rounds that count, per iteration
	misses, voids, streak int
}

func newTrend(max check.Max) *trend {
	t := &trend{measures: [2]measure{
		{least: leastObjects + float64(max.Objects), slack: slackObjects},
		{least: leastBytes + float64(max.Bytes), slack: slackBytes},
	}}
	t.measures[0].unlimited = max.LimitsBytes && !max.LimitsObjects
	t.measures[1].unlimited = max.LimitsObjects && !max.LimitsBytes
	for i := range t.measures {
		t.measures[i].slopes = make([]float64, 0, 32) // the trend itself must not grow the heap
	}
	return t
}

// grows reports whether by more in a round of n iterations is growth.
func (t *trend) grows(n int, more amount) bool {
	return t.measures[0].grows(n, float64(more.objects)) || t.measures[1].grows(n, float64(more.bytes))
}

func (m *measure) grows(n int, more float64) bool {
	return !m.unlimited && more >= math.Max(m.least*float64(n), m.slack)
}

// round adds a round of n iterations.
func (t *trend) round(n int, more amount) {
	t.rounds++
	t.total += n
	t.measures[0].round(n, float64(more.objects))
	t.measures[1].round(n, float64(more.bytes))
}

func (m *measure) round(n int, more float64) {
	switch limit := math.Max(m.least*float64(n), m.slack); {
	case m.grows(n, more):
		m.streak++
	case more < -limit && m.voids < excused:
		m.voids++
		m.streak = 0
		return
	default:
		m.misses++
		m.streak = 0
	}
	m.slopes = append(m.slopes, more/float64(n))
}

// clean reports whether nothing grows.
func (t *trend) clean() bool { return t.measures[0].clean() && t.measures[1].clean() }

func (m *measure) clean() bool { return m.unlimited || m.misses >= acquitted }

// persists reports whether something has grown in enough rounds in turn.
func (t *trend) persists() bool { return t.measures[0].persists() || t.measures[1].persists() }

func (m *measure) persists() bool { return !m.clean() && m.streak >= convicted }

// slowing reports whether growth has become less in each of the last rounds, as
// that of something does which fills up.
func (t *trend) slowing() bool {
	for i := range t.measures {
		if m := &t.measures[i]; m.persists() && !m.slowing() {
			return false
		}
	}
	return true
}

func (m *measure) slowing() bool {
	const less = 0.8
	n := len(m.slopes)
	return n >= 3 && m.slopes[n-1] < less*m.slopes[n-2] && m.slopes[n-2] < less*m.slopes[n-3]
}

// slope is how much the last round has grown an iteration, 0 of what does not
// persist.
func (t *trend) slope() (objects, bytes float64) {
	return t.measures[0].last(), t.measures[1].last()
}

func (m *measure) last() float64 {
	if len(m.slopes) == 0 {
		return 0
	}
	return m.slopes[len(m.slopes)-1]
}

// persisting reports whether what persists has grown by more in n iterations.
func (t *trend) persisting(n int, more amount) bool {
	a, b := &t.measures[0], &t.measures[1]
	return a.persists() && a.grows(n, float64(more.objects)) || b.persists() && b.grows(n, float64(more.bytes))
}

// without reports whether what persists would still be growth, in a round of n
// iterations, without some of it.
func (t *trend) without(n int, objects, bytes float64) bool {
	a, b := &t.measures[0], &t.measures[1]
	return a.persists() && a.grows(n, (a.last()-objects)*float64(n)) || b.persists() && b.grows(n, (b.last()-bytes)*float64(n))
}
