package heapprobe

import (
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
)

const (
	// traceTime is how long rounds are traced, if the budget is not longer.
	traceTime = 2 * time.Second
	// tracedFirst is how many iterations are traced first.
	tracedFirst = 64
	// What is watched while the body does not run is watched for as long as the
	// last round took, within these bounds.
	idleLeast, idleMost = 200 * time.Millisecond, 2 * time.Second
)

// A traced is what rounds with every allocation recorded have shown.
type traced struct {
	sites []siteAmount // that have grown in the last round, and in the one before
	times int          // iterations of the last round
	total int          // and of all
	// rest is what the heap has grown by in all of them without what is others'.
	rest amount
	// accounted says that the sites are all that has grown.
	accounted bool
	// background says that some of them grow as well while the body does not run.
	background bool
	// goroutines are those more that there were after the last round.
	goroutines int
	blind      bool // stacks are not recorded as a whole
}

// trace runs the body in rounds until the sites that have grown in one account
// for what the heap has grown by in it: before that, sites whose objects take
// the place of older ones seem to grow, and what grows in steps does not.
func (g *Growth) trace() (found traced) {
	defer memprofile.Every()()
	began := time.Now()
	limit := max(traceTime, 2*g.budget())
	t := newTally()
	g.read()
	t.snapshot()
	t.grown() // for the size of its memory
	before := map[siteKey]bool{}
	level := g.read()
	var step traced // the last round in which the heap has grown as before
	for n, rounds := g.tracedFirst(limit), 1; ; n, rounds = 2*n, rounds+1 {
		ran, alive := time.Now(), runtime.NumGoroutine()
		for range n {
			check.Call(g.body)
		}
		_, least := g.settle(g.limit, true, func(now amount) bool { return !g.grows(n, now.minus(level)) })
		took := time.Since(ran)
		more := least.minus(level)
		var sum, others amount
		var grown []siteAmount
		for _, s := range t.grown() {
			if s.owner == ofChecks {
				continue // looking has made it since
			}
			grown = append(grown, s)
			sum = sum.plus(s.amount)
			if s.owner == ofRuntime || s.owner == ofTesting || g.ofOtherTest(s.Site) {
				others = others.plus(s.amount)
			}
		}
		found.times, found.total = n, found.total+n
		found.rest = found.rest.plus(more.minus(others))
		found.goroutines = runtime.NumGoroutine() - alive
		found.accounted = agree(sum.objects, more.objects, slackObjects) && agree(sum.bytes, more.bytes, slackBytes) && g.shows(n, more)
		found.sites = found.sites[:0]
		for _, s := range grown {
			if rounds == 1 || before[s.key] || s.bytes >= more.bytes/2 {
				found.sites = append(found.sites, s)
			}
		}
		tooLong := time.Since(began)+3*took > limit // the next takes twice as long
		if rounds > 1 && (found.accounted || found.total >= g.total) || tooLong {
			if !g.shows(n, more) && step.times > 0 {
				found.sites, found.times = step.sites, step.times
			}
			found.whileIdle(t, took)
			return found
		}
		if g.shows(n, more) {
			step = traced{sites: slices.Clone(found.sites), times: n}
		}
		clear(before)
		for _, s := range grown {
			before[s.key] = true
		}
		t.before, t.now = t.now, t.before
		level = g.read()
	}
}

// shows reports whether by more in a round of n iterations is the growth that was
// seen before.
func (g *Growth) shows(n int, more amount) bool {
	objects, bytes := g.slope()
	return (!g.measures[0].persists() || float64(more.objects) >= objects*float64(n)/2) &&
		(!g.measures[1].persists() || float64(more.bytes) >= bytes*float64(n)/2)
}

// idleShare is how much faster a site may grow while the body runs, to be taken for
// the background all the same.
const idleShare = 4

// whileIdle marks the sites that grow as well, in the time of a round, while the
// body does not run: at a quarter of the rate or more, as on a loaded machine that
// varies.
func (found *traced) whileIdle(t *tally, round time.Duration) {
	if probe.InBubble() {
		return // where sleeping can wait for good
	}
	t.before, t.now = t.now, t.before
	began := time.Now()
	time.Sleep(min(max(round, idleLeast), idleMost))
	part := float64(round) / float64(max(1, time.Since(began))) // a loaded machine may take its time to collect
	collect()
	idle := make(map[siteKey]amount)
	for _, s := range t.grown() {
		idle[s.key] = s.amount
	}
	// What grows in steps may take none meanwhile: it is known by the goroutine
	// that makes what goes into it.
	roots := make(map[string]bool)
	for i := range found.sites {
		s := &found.sites[i]
		now := idle[s.key]
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

// root is the function of the goroutine that allocates; "" if the body does.
func (s *Site) root() string {
	if len(s.frames) == 0 || slices.ContainsFunc(s.frames, func(f probe.Frame) bool { return ofLibrary(f.Func) }) {
		return ""
	}
	return s.frames[len(s.frames)-1].Func
}

// tracedFirst is how many iterations are traced first: with every allocation
// recorded one takes up to some ten times as long.
func (g *Growth) tracedFirst(limit time.Duration) int {
	if g.each <= 0 {
		return tracedFirst
	}
	return min(tracedFirst, max(1, int(limit/(10*10*g.each))))
}

// agree reports whether two amounts are the same but for a quarter and some slack.
func agree(a, b, slack int64) bool {
	return math.Abs(float64(a-b)) <= max(float64(slack), float64(max(a, b))/4)
}
