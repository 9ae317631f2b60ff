package heapprobe

import (
	"slices"

	"github.com/leakassert/leakassert/internal/plan"
)

const (
	// Growth is at least half an object or 32 bytes an iteration. So one object or 64 bytes every
	// time is growth in any round, even if a slice or a map grows in steps.
	leastObjects, leastBytes = 0.5, 32
	// slackObjects and slackBytes are what a round of 64 iterations or more may leave that does
	// not depend on iterations: a goroutine's remains, a buffer. Shorter rounds may leave that
	// much together. A short round that leaves less is no growth yet, but does not prove the
	// body clean.
	slackObjects, slackBytes = 24, 2048
	// Less is growth if it goes on over ten doublings, as for numbers appended to a slice or keys
	// of a map. It must then be at least some bytes in each of the last rounds.
	leastCreep, slackCreep = 0.5, 64
	mostCreep              = 96
	creepIterations        = 62_000
	creepRounds            = 6

	// acquitted is after how many rounds without growth a body is clean. A single round can be
	// wrong: something else may have been released at the same time.
	acquitted = 2
	// convicted is how many rounds in a row must have grown.
	convicted = 3
	// ampleIterations are as many as a clean body has. A body with fewer is condemned only if it
	// leaves ample times its slack: it may be filling something small.
	ampleIterations, ample = 3 * usualFirst, 40
	// excused is how many rounds in which the heap shrank are ignored.
	excused = 2
)

// A trend is the growth of the heap over rounds. Rounds double. So the growth of what fills up
// becomes less with each iteration, and what grows in steps takes a step in every round.
type trend struct {
	measures [3]measure // objects, bytes, bytes that creep
	rounds   int
	total    int // iterations
}

// The measures of a trend.
const (
	ofObjects = iota
	ofBytes
	ofCreep
)

// A measure is one way to measure growth.
type measure struct {
	least, slack          float64
	convicted             int // how many rounds in a row must grow
	unlimited             bool
	slopes                [3]float64 // per iteration, of the last three rounds that count
	misses, voids, streak int
}

func newTrend(max plan.Max) *trend {
	return &trend{measures: [...]measure{
		ofObjects: {least: leastObjects + float64(max.Objects), slack: slackObjects, convicted: convicted, unlimited: max.LimitsBytes && !max.LimitsObjects},
		ofBytes:   {least: leastBytes + float64(max.Bytes), slack: slackBytes, convicted: convicted, unlimited: max.LimitsObjects && !max.LimitsBytes},
		ofCreep:   {least: leastCreep, slack: slackCreep, convicted: creepRounds, unlimited: max.LimitsObjects || max.LimitsBytes},
	}}
}

// of returns an amount as each measure counts it.
func (t *trend) of(a amount) [3]float64 {
	return [...]float64{float64(a.objects), float64(a.bytes), float64(a.bytes)}
}

// excess returns more, in a round of n iterations, as a multiple of the largest amount that is no
// growth yet. It ignores measures that are clean.
func (t *trend) excess(n int, more amount) (excess float64) {
	for i, v := range t.of(more) {
		if m := &t.measures[i]; !m.clean() {
			excess = max(excess, v/m.limit(n))
		}
	}
	return excess
}

func (m *measure) limit(n int) float64 { return max(m.least*float64(n), slackOf(n, m.slack)) }

// slackOf returns the slack for a round of n iterations.
func slackOf(n int, slack float64) float64 {
	return slack * float64(min(n, usualFirst)) / usualFirst
}

func (m *measure) grows(n int, more float64) bool { return !m.unlimited && more >= m.limit(n) }

// round adds a round of n iterations. It reports whether the round does not count for objects or
// bytes because something large has gone away.
func (t *trend) round(n int, more amount) (voided bool) {
	t.rounds++
	t.total += n
	for i, v := range t.of(more) {
		if i == ofCreep && tooMuchToCreep(n, more) {
			v = 0 // the other measures judge it
		}
		voided = t.measures[i].round(n, v) && i != ofCreep || voided
	}
	return voided
}

// tooMuchToCreep reports whether a round of n iterations has grown so much that the other measures
// judge it.
func tooMuchToCreep(n int, more amount) bool {
	return 2*more.objects >= int64(n) || more.bytes >= mostCreep*int64(n)
}

// forgetCreep stops following growth by less than an object or 64 bytes.
func (t *trend) forgetCreep() { t.measures[ofCreep].unlimited = true }

func (m *measure) round(n int, more float64) (voided bool) {
	switch {
	case m.grows(n, more):
		m.streak++
	case more < -m.limit(n) && m.voids < excused:
		m.voids++
		m.streak = 0
		return true
	default:
		m.misses++
		m.streak = 0
	}
	m.slopes = [...]float64{more / float64(n), m.slopes[0], m.slopes[1]}
	return false
}

// clean reports whether nothing grows. Without creep, it ignores growth by less than an object or
// 64 bytes.
func (t *trend) clean(creep bool) bool {
	return t.measures[ofObjects].clean() && t.measures[ofBytes].clean() && (!creep || t.measures[ofCreep].clean())
}

func (m *measure) clean() bool { return m.unlimited || m.misses >= acquitted }

// crept returns the growth of a body that is otherwise clean but has grown in every round.
func (t *trend) crept() (bytes float64, grew bool) {
	m := &t.measures[ofCreep]
	return m.last(), !m.clean() && m.streak == t.rounds && m.last() >= 2*m.least
}

// persists reports whether some measure has grown in enough rounds in a row.
func (t *trend) persists() bool {
	return t.persistent(ofObjects) || t.persistent(ofBytes) || t.persistent(ofCreep)
}

// persistent reports whether a measure has grown in enough rounds in a row. The creep measure
// counts only if the others are clean.
func (t *trend) persistent(i int) bool {
	m := &t.measures[i]
	return !m.clean() && m.streak >= m.convicted && (i != ofCreep || t.clean(false) && t.total >= creepIterations)
}

// growing reports whether the last round has grown at a pace that makes, over all iterations, at
// least slacks times the slack.
func (t *trend) growing(slacks float64) bool {
	return slices.ContainsFunc(t.measures[:], func(m measure) bool {
		return !m.clean() && m.streak > 0 && m.last()*float64(t.total) >= slacks*m.slack
	})
}

// slowing reports whether growth has become less in each of the last rounds, as when something
// fills up.
func (t *trend) slowing() bool {
	for i := range t.measures {
		if t.persistent(i) && !t.measures[i].slowing() {
			return false
		}
	}
	return true
}

func (m *measure) slowing() bool {
	const less = 0.8
	return m.slopes[0] < less*m.slopes[1] && m.slopes[1] < less*m.slopes[2]
}

// slope returns the growth in the last round.
func (t *trend) slope() rate {
	return rate{t.measures[ofObjects].last(), t.measures[ofBytes].last()}
}

func (m *measure) last() float64 { return m.slopes[0] }

// remains reports whether some, and whether all, of the persistent measures have grown by more in n
// iterations and by over.
func (t *trend) remains(n int, more, over amount) (some, all bool) {
	all = true
	above := t.of(over)
	for i, v := range t.of(more) {
		if t.persistent(i) {
			grows := t.measures[i].grows(n, v) && above[i] > 0
			some, all = some || grows, all && grows
		}
	}
	return some, some && all
}

// persisting reports whether some persistent measure has grown by more in n iterations.
func (t *trend) persisting(n int, more amount) bool {
	some, _ := t.remains(n, more, amount{1, 1})
	return some
}
