package heapprobe

import (
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

const (
	// traceTime is how long rounds are traced if the budget is not longer.
	traceTime   = 3 * time.Second
	traceFactor = 4 // by which a round is longer than the one before
	// tracedFirst is how many iterations the first traced round has.
	tracedFirst = 64
	// The probe watches the heap without the body for as long as the last round took, within
	// these bounds.
	idleLeast, idleMost = 200 * time.Millisecond, 2 * time.Second
	// idleShare is how much faster a background site may grow while the body runs.
	idleShare = 4
)

// A traced is the result of rounds in which every allocation was recorded.
type traced struct {
	sites []siteAmount // sites that grew in the last round and in the one before
	times int          // iterations of the last round
	total int          // iterations of all rounds
	// rest is the heap's growth in all rounds without the sites of others.
	rest amount
	// accounted says that the sites account for all growth.
	accounted bool
	// background says that some sites also grow while the body does not run.
	background bool
	// goroutines is how many more goroutines there were after the last round than before it.
	goroutines int
	blind      bool // stacks are cut off
}

// trace runs the body in rounds until the sites that grew in a round account for the growth of the
// heap in it. In earlier rounds, sites whose objects replace older ones seem to grow, and sites
// that grow in steps do not.
func (g *growth) trace() (found traced) {
	defer procstate.RecordAllocations()()
	began := time.Now()
	limit := max(traceTime, g.budget)
	t := tallies.Get().(*tally)
	g.read()
	t.read(t.before)
	t.grown()                   // allocate its memory now
	var before map[siteKey]bool // the sites that grew in the round before
	level := g.read()
	var step traced // the last round in which the heap grew as before
	first, share := tracedFirst, time.Duration(10)
	if !g.persistent(ofObjects) { // a slice grows by a quarter at each step
		first, share = max(first, g.total/4), 2
	}
	if g.each > 0 { // an iteration takes up to ten times as long with every allocation recorded
		first = min(first, max(1, int(limit/(10*share*g.each))))
	}
	for n := first; ; n *= traceFactor {
		ran, alive := time.Now(), runtime.NumGoroutine()
		g.call(n)
		more := g.settle(n, level, g.Settle, g.Settle).least.minus(level)
		took := time.Since(ran)
		var sum, others amount
		grown := make(map[siteKey]bool)
		found.sites = found.sites[:0]
		for _, s := range t.grown() {
			if s.owner == ofChecks {
				continue // the probe's own work
			}
			sum = sum.plus(s.amount)
			if s.owner == ofRuntime || s.owner == ofTesting || g.ofOtherTest(s.Site) {
				others = others.plus(s.amount)
			}
			grown[s.key] = true
			if before == nil || before[s.key] || s.bytes >= more.bytes/2 {
				found.sites = append(found.sites, s)
			}
		}
		found.times, found.total = n, found.total+n
		found.rest = found.rest.plus(more.minus(others))
		found.goroutines = runtime.NumGoroutine() - alive
		shows := g.shows(n, more)
		found.accounted = agree(sum.objects, more.objects, slackOf(n, slackObjects)) && agree(sum.bytes, more.bytes, slackOf(n, slackBytes)) && shows
		patience := limit
		if !shows && step.times == 0 { // what grows in steps may not have taken one
			patience *= growingBudgets
		}
		tooLong := time.Since(began)+(traceFactor+1)*took > patience
		if before != nil && (found.accounted || found.total >= g.total) || tooLong {
			if !shows && step.times > 0 {
				found.sites, found.times = step.sites, step.times
			}
			found.whileIdle(t, took)
			return found
		}
		if shows {
			step = traced{sites: slices.Clone(found.sites), times: n}
		}
		before = grown
		t.before, t.now = t.now, t.before
		level = g.read()
	}
}

// shows reports whether growth by more in a round of n iterations is as fast as the growth before.
func (g *growth) shows(n int, more amount) bool {
	for i, v := range g.of(more) {
		if g.persistent(i) && v < g.measures[i].last()*float64(n)/2 {
			return false
		}
	}
	return true
}

// whileIdle marks the sites that grow while the body does not run, at a quarter of the rate or more
// because the rate varies on a loaded machine. It removes sites most of whose growth goes away
// meanwhile.
func (found *traced) whileIdle(t *tally, round time.Duration) {
	if probe.InBubble() {
		return // a sleep in a bubble can last for ever
	}
	t.before, t.now = t.now, t.before
	began := time.Now()
	time.Sleep(min(max(round, idleLeast), idleMost))
	part := float64(round) / float64(max(1, time.Since(began))) // a loaded machine wakes up late
	collect()
	t.read(t.now)
	found.sites = slices.DeleteFunc(found.sites, func(s siteAmount) bool {
		gone := t.before[s.key].amount.minus(t.now[s.key].amount)
		return gone.objects > s.objects/2 && gone.bytes > s.bytes/2
	})
	// What grows in steps may take none meanwhile. It is recognized by the goroutine that fills
	// it.
	roots := make(map[string]bool)
	for i := range found.sites {
		s := &found.sites[i]
		now := t.now[s.key].minus(t.before[s.key].amount)
		if now.objects > 1 && idleShare*part*float64(now.objects) >= float64(s.objects) ||
			now.objects <= 1 && now.bytes > 0 && idleShare*part*float64(now.bytes) >= float64(s.bytes) {
			s.background, found.background = true, true
			if root := s.root(); root != "" {
				roots[root] = true
			}
		}
	}
	for i := range found.sites {
		s := &found.sites[i]
		s.background = s.background || roots[s.root()]
	}
}

// root returns the function in which the allocating goroutine began, "" if the body allocates.
func (s *Site) root() string {
	if len(s.frames) == 0 || len(s.body()) < len(s.frames) {
		return ""
	}
	return s.frames[len(s.frames)-1].Func
}

// agree reports whether two amounts differ by a quarter at most, or by the slack.
func agree(a, b int64, slack float64) bool {
	return math.Abs(float64(a-b)) <= max(slack, float64(max(a, b))/4)
}
