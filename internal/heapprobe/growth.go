package heapprobe

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

const (
	usualWarmup     = 32
	usualFirst      = 64 // iterations of the first round; a clean body has a second one with twice as many
	leastIterations = 3  // of the first two rounds together
	usualBudget     = 2 * time.Second
	roundSettle     = 50 * time.Millisecond
	slowingRounds   = 3 // how many more rounds slowing growth is followed
	mostSmaller     = 6 // how many rounds may be made smaller because what they leave goes away too slowly

	// A growing body is run for 64 times the iterations of its first round before it is condemned,
	// or for three times the budget, or until it keeps too much.
	growingFactor  = 64
	growingBudgets = 3
	most           = 256 << 20
	mostObjects    = 2 << 20
	mostGoroutines = 5000
	mostMore       = 4096    // the most iterations at a time that confirm growth of objects
	mostReserved   = 1 << 15 // the most goroutines of reserve: together they take 80 MB for a moment
	// A fast body is run longer, because larger caches must fill.
	fastIterations = 1 << 15
	fastTime       = 400 * time.Millisecond
)

// A Trial is a body to be judged, with its settings.
type Trial struct {
	// T is the test. Its logged output is not growth of the body.
	T      interface{ Name() string }
	Body   func()
	Rounds plan.Rounds
	Settle time.Duration
	// Trace asks the report for whole stacks.
	Trace bool
	// Symbols says where the names of package variables come from.
	Symbols string
	// Beyond reports whether the test has failed or was skipped meanwhile: no verdict is needed.
	Beyond func() bool
	// Sift returns the sites that count.
	Sift func([]probe.Leak) []probe.Leak
}

// A growth judges one body by running it again and again.
type growth struct {
	Trial
	meter
	*trend
	turn   *turn
	alone  bool // no other body was judged at the same time, set when the body has grown
	budget time.Duration

	began      time.Time
	spent      time.Duration // time in the body since began
	each       time.Duration // of one iteration, 0 if unknown
	fastest    time.Duration // the least time of an iteration
	first      int           // iterations of the first round
	level      amount        // after the last round
	high       amount        // the largest amount after a round
	base       amount
	limit      int64 // of the bytes that the body may keep, 0 if it is not known
	goroutines int
	bubble     bool          // in a bubble the clock does not measure how long something takes
	waited     time.Duration // time waited for growth to go away
	last       int           // iterations of the last round
	size       int           // iterations of the next round
	smaller    int           // how many rounds were followed by a smaller one
	measured   []probe.HeapRound
}

// A Verdict is the result for a body.
type Verdict struct {
	// Leaks are the growing sites.
	Leaks []probe.Leak
	// Grows describes the growth: "grows by 1.00 objects and 96 B an iteration …".
	Grows string
	// Notes say what could not be seen, what was left out, or why there is no verdict.
	Notes []string
	// Settled is how long the check waited for the growth to go away.
	Settled time.Duration
}

// Judge runs a body until it is clear whether the heap grows in each iteration.
func Judge(t Trial) Verdict {
	if why := Unusable(); why != "" {
		t.Body()
		return Verdict{Notes: []string{"heap: not checked: " + why}}
	}
	g := &growth{Trial: t, trend: newTrend(t.Rounds.Max), budget: cmp.Or(t.Rounds.Budget, usualBudget), bubble: probe.InBubble()}
	g.output = outputOf(t.T)
	turn, done := oneAtATime(t.T.Name())
	defer done()
	g.turn = turn
	return g.judge()
}

func (g *growth) judge() (v Verdict) {
	g.warmUp()
	g.goroutines = runtime.NumGoroutine()
	g.level = g.read()
	g.base, g.high = g.level, g.level
	g.size = g.first
	for slowed := 0; ; {
		n := g.size
		if g.full() {
			n = min(g.last, n)
		}
		if n = g.within(g.fitting(n)); n == 0 {
			return g.undecided()
		}
		g.round(n)
		switch {
		case g.Beyond():
			return Verdict{}
		case g.clean(g.canCreep()):
			return Verdict{Notes: g.sureness()}
		case !g.enough():
		case g.slowing() && slowed < slowingRounds && !g.exhausted():
			slowed++
		case !g.confirmed(): // the growth went away in time, or the test needs no verdict
			return Verdict{}
		case g.total < ampleIterations && !g.growing(ample):
			return g.undecided()
		default:
			g.alone = !g.turn.beside.Load()
			return g.condemn()
		}
	}
}

func (g *growth) call(n int) {
	for range n {
		probe.Call(g.Body)
		g.turn.steps.Add(1)
	}
}

// warmUp runs the body for a while and chooses the size of the first round.
func (g *growth) warmUp() {
	warmup, usual := g.Rounds.Warmup, g.Rounds.Warmup < 0
	if usual {
		warmup = usualWarmup
	}
	began := time.Now()
	for i := range warmup {
		g.call(1)
		took := time.Since(began)
		if i == 0 { // the first call has more to do
			g.each, began = took, time.Now()
		} else {
			g.each = took / time.Duration(i)
		}
		if usual && !g.bubble && took > g.budget/8 {
			break
		}
	}
	switch {
	case g.Rounds.Iterations > 0:
		g.first = g.Rounds.Iterations / leastIterations
	case g.each == 0, g.bubble:
		g.first, g.each = usualFirst, 0
	default:
		// The first two rounds take three quarters of the budget.
		g.first = min(usualFirst, max(1, int(g.budget/4/g.each)))
	}
	g.began = time.Now()
}

// within returns n, or as many iterations as the remaining time allows, or 0 if they would be too
// few to show anything. Requested iterations are always run.
func (g *growth) within(n int) int {
	if g.bubble || g.each == 0 || g.Rounds.Iterations > 0 && n <= 2*g.first {
		return n
	}
	all, spent := g.budget, g.spent
	if g.growing(0) {
		all *= growingBudgets
		spent = max(spent, time.Since(g.began)/2) // measuring takes time on a loaded machine, but not more than the body
	}
	fit := int((all - spent) / g.each)
	if fit >= n {
		return n
	}
	switch least := max(1, n/4); {
	case fit >= least:
		return fit
	case g.rounds > 0 && g.rounds < 2*convicted && (!g.persists() || g.total < ampleIterations) && (g.growing(1) || !g.growing(0)):
		return least // one or two more rounds will decide
	}
	return 0
}

// round runs the body n times and adds the growth since the last round to the trend.
func (g *growth) round(n int) {
	began := time.Now()
	g.call(n)
	took := time.Since(began)
	g.spent += took
	g.each, g.last = took/time.Duration(n), n
	if g.rounds == 0 || g.each < g.fastest {
		g.fastest = g.each
	}
	before := g.level
	s := g.settle(n, before, min(roundSettle, g.Settle), g.Settle)
	g.level, g.size = s.held, 2*n
	if tooMuchToCreep(n, s.first.minus(before)) {
		g.forgetCreep()
	}
	switch {
	case s.falling && g.smaller < mostSmaller && n > 1: // it goes away, but does not keep up
		g.smaller++
		g.size = n / 2
		return
	case s.waited && g.excess(n, s.least.minus(before)) <= 1:
		g.size = n // a larger round only makes more work for what releases it
	}
	g.high = g.high.most(g.level)
	more := s.least.minus(before)
	g.measured = append(g.measured, probe.HeapRound{Iterations: int64(n), Objects: more.objects, Bytes: more.bytes})
	if voided := g.trend.round(n, more); voided {
		g.high = g.level
	}
}

// full reports whether the body keeps so much that it should not be run for much longer.
func (g *growth) full() bool {
	kept := g.level.minus(g.base)
	return kept.bytes > g.most() || kept.objects > mostObjects || runtime.NumGoroutine()-g.goroutines > mostGoroutines
}

// most returns how many bytes the body may keep: a quarter of what was left when it had kept a bit, as
// garbage takes as much again.
func (g *growth) most() int64 {
	if g.limit == 0 {
		if g.level.minus(g.base).bytes < most/32 {
			return most
		}
		g.limit = int64(min(most, procstate.MemoryLeft()/4))
	}
	return g.limit
}

// fitting returns n, or as many iterations as the memory allows, but not fewer than in the first round.
func (g *growth) fitting(n int) int {
	kept := g.level.minus(g.base).bytes
	if least := g.first; n > least && g.total > 0 && kept > 0 {
		return min(n, max(least, int(float64(g.most()-kept)/float64(kept)*float64(g.total))))
	}
	return n
}

// enough reports whether something has grown in enough rounds, and whether the body has had the
// iterations that are needed to condemn it.
func (g *growth) enough() bool {
	switch {
	case !g.persists():
		return false
	case g.clean(false), g.exhausted(): // it creeps, or there is no time for more
		return true
	}
	return g.total >= growingFactor*g.first-g.first &&
		(g.total >= fastIterations || g.bubble || time.Since(g.began) > fastTime)
}

// exhausted reports whether the body must not be run much longer.
func (g *growth) exhausted() bool {
	return g.rounds >= convicted && (g.full() || g.within(2*g.last) == 0)
}

// canCreep reports whether the body is fast enough to be run until slow growth shows.
func (g *growth) canCreep() bool {
	return g.Rounds.Iterations == 0 && (g.bubble || time.Duration(creepIterations)*g.fastest < g.budget)
}

// sureness returns notes for a clean body: the least growth that so few iterations would have
// shown, and that a small growth was not followed.
func (g *growth) sureness() (notes []string) {
	if n := float64(g.last); g.first < usualFirst && (leastObjects*n < slackObjects || leastBytes*n < slackBytes) {
		in, option := fmt.Sprintf(" in %v", g.budget), "Budget"
		if g.Rounds.Iterations > 0 {
			in, option = "", "Iterations"
		}
		notes = append(notes, fmt.Sprintf("heap: %s%s show no growth of %s or %s an iteration or more; %s allows more of them, which show smaller growth",
			times(g.total), in, counted(int(math.Round(max(slackObjects/n, leastObjects+0.5))), "object"), names.Size(max(slackBytes/n, 2*leastBytes)), option))
	}
	if bytes, grew := g.crept(); grew {
		notes = append(notes, fmt.Sprintf("heap: not judged: growth of %s an iteration, less than an object or 64 B: it takes %d iterations to show whether it goes on; Budget(%v) allows them",
			names.Size(bytes), creepIterations, (time.Duration(creepIterations)*g.each*5/4).Round(time.Second)+time.Second))
	}
	return notes
}

// undecided returns the verdict on a body that there was no time to judge.
func (g *growth) undecided() Verdict {
	if g.rounds == 0 {
		return unjudged(fmt.Sprintf("heap: not judged: an iteration takes %v, and the Budget of %v allows only the first; a longer Budget allows more", g.each.Round(time.Millisecond), g.budget))
	}
	if g.clean(false) {
		return Verdict{Notes: g.sureness()}
	}
	return unjudged(fmt.Sprintf("heap: not judged: it takes more than %s to show whether it grows (the last round by %s); Budget and Iterations allow more",
		times(g.total), g.slope()))
}

func unjudged(why string) Verdict { return Verdict{Notes: []string{why}} }

func times(n int) string { return counted(n, "iteration") }

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
