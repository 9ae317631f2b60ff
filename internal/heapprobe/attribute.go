package heapprobe

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
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

// condemn finds out what grows and where it was allocated. What grows also while
// the body does not run, what the testing package keeps and what is to be
// ignored can account for it all: then the body is clean.
func (g *Growth) condemn() (v Verdict) {
	found := traced{blind: blind() != "", times: 1}
	if !found.blind {
		found = g.trace()
	}
	leaks, own, others := g.sift(found)
	objects, bytes := g.slope()
	n := float64(g.last) // few iterations may have been traced: it is the rate that counts
	grows := g.persisting(g.last, amount{int64(own.objects * n), int64(own.bytes * n)})
	switch {
	case grows && (found.accounted || g.without(g.last, others.objects, others.bytes)):
	case !grows && g.acquits(found, others):
		if found.background {
			v.Notes = append(v.Notes, "heap: it grows also while the body does not run: that is not counted")
		}
		return v
	case !grows && !g.alone && !g.bubble:
		v.Notes = append(v.Notes, "heap: not judged: it grows while another body of NoGrowth is run, and no place in this one accounts for it")
		return v
	case !grows:
		leaks = nil // they are not what grows
	}
	if others.objects > objects/4 || others.bytes > bytes/4 { // else it is chance
		objects, bytes = objects-others.objects, bytes-others.bytes
	}
	if found.accounted { // exactly, but for what grows in steps
		objects, bytes = max(own.objects, objects/2), max(own.bytes, bytes/2)
	}
	v.Leaks, v.Settled = leaks, g.limit
	each := ", the heap grew in each"
	if g.measures[0].misses+g.measures[1].misses+g.measures[0].voids+g.measures[1].voids > 0 {
		each = ""
	}
	v.Grows = fmt.Sprintf("grows by %s (%s in %d rounds%s)", perIteration(objects, bytes), times(g.total), g.rounds, each)
	if len(leaks) == 0 {
		where := fmt.Sprintf("not found: no place accounts for it in %s with every allocation recorded; a longer Budget looks further", times(found.total))
		if found.blind {
			where = "not known: " + blind()
		}
		v.Leaks = []probe.Leak{{
			Kind: Kind, Unit: "object", Count: int64(math.Ceil(objects * float64(g.last))), Bytes: int64(bytes * float64(g.last)), Owned: true,
			Evidence: []probe.Evidence{
				{Label: "grows", Columns: []string{perIteration(objects, bytes)}},
				{Label: "allocated", Columns: []string{where}},
			},
		}}
	}
	return v
}

// acquits reports whether a body no place of which grows is clean: if what others
// and the background account for is all, or all objects, whose container the rest
// is; or if nothing has grown over so many iterations that what grows in steps
// would have taken one.
func (g *Growth) acquits(found traced, others rate) bool {
	objects, _ := g.slope()
	switch {
	case found.blind:
		return false
	case found.accounted, found.background, !g.without(g.last, others.objects, others.bytes):
		return true
	case g.measures[0].persists() && others.objects >= objects/2:
		return true
	}
	return found.total >= g.total && !g.persisting(found.total, found.rest)
}

// A rate is what there is more of, an iteration.
type rate struct{ objects, bytes float64 }

func (r *rate) add(a amount, n float64) {
	r.objects += float64(a.objects) / n
	r.bytes += float64(a.bytes) / n
}

func perIteration(objects, bytes float64) string {
	if objects < 0.005 {
		return report.Size(bytes) + " an iteration"
	}
	return fmt.Sprintf("%.2f objects and %s an iteration", objects, report.Size(bytes))
}

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

// sift tells the sites that are the body's own, which grow by so much an
// iteration, from those that belong to others or are to be ignored.
func (g *Growth) sift(found traced) (leaks []probe.Leak, own, others rate) {
	n := float64(found.times)
	var all []probe.Leak
	for _, s := range found.sites {
		// Goroutines that live are no remains of ended ones.
		alive := s.owner == ofRuntime && 2*found.goroutines >= found.times
		if s.background || s.owner != nobody && s.owner != ofFirstUse && !alive || g.ofOtherTest(s.Site) {
			others.add(s.amount, n)
			continue
		}
		l := s.leak()
		l.Owned = true
		all = append(all, l)
	}
	leaks = g.run.Probe.Sift(slices.Clone(all))
	kept := make(map[string]bool, len(leaks))
	for _, l := range leaks {
		kept[l.ID] = true
	}
	for _, l := range all {
		a := amount{l.N(), l.Bytes}
		if kept[l.ID] {
			own.add(a, n)
		} else {
			others.add(a, n)
		}
	}
	for i := range leaks {
		if s, ok := leaks[i].Resource.(*Site); ok {
			s.describe(&leaks[i], g.run.Env.Trace)
			if s.owner == ofRuntime {
				leaks[i].Evidence = append(leaks[i].Evidence, probe.Evidence{Label: "held by", Columns: []string{"goroutines that do not end: leaktest.NoGrowth tells of them"}})
			}
		}
		leaks[i].Tests = nil
	}
	forgetSites(leaks)
	leaks = sumUp(probe.Group(leaks, nil))
	for i := range leaks {
		l := &leaks[i]
		l.Evidence = append([]probe.Evidence{{Label: "grows", Columns: []string{
			perIteration(float64(l.N())/n, float64(l.Bytes)/n), "over " + times(found.times),
		}}}, l.Evidence...)
	}
	return leaks, own, others
}

// ofOtherTest reports whether the stack of a site goes through tests, and none of
// them is this one.
func (g *Growth) ofOtherTest(s *Site) bool {
	return len(s.tests) > 0 && !slices.ContainsFunc(s.tests, probe.Scope{Test: g.run.T.Name()}.Names)
}
