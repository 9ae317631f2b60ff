package heapprobe

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

const (
	usualWarmup   = 32
	usualFirst    = 64 // iterations of the first round; a clean body runs another one of twice as many
	usualBudget   = 2 * time.Second
	roundSettle   = 50 * time.Millisecond
	slowingRounds = 3 // that growth which slows down is followed for

	// leastIterations are two rounds.
	leastIterations = 3

	// A growing body is run for 64 times the iterations of its first round
	// before it is condemned, or four times the budget, or until it has kept
	// so much.
	growingFactor  = 64
	growingBudgets = 4
	most           = 256 << 20
	// A fast one is run on for a while, as larger caches fill.
	fastIterations = 1 << 15
	fastTime       = 400 * time.Millisecond
)

// A Growth is one body that is run again and again.
type Growth struct {
	run  *check.Run
	body func()
	meter
	*trend
	sofar trend // before the last round

	began  time.Time
	each   time.Duration // what an iteration takes, as far as is known
	first  int           // iterations of the first round
	level  amount
	base   amount
	alone  bool          // no other body is judged at the same time
	bubble bool          // where the clock does not tell how long something takes
	limit  time.Duration // to settle after a round
	brief  bool
	last   int           // iterations of the last round
	lasted time.Duration // and its time
}

// A Verdict is what has been found out about a body.
type Verdict struct {
	// Leaks are the sites of what grows.
	Leaks []probe.Leak
	// Grows says how much, "grows by 1.00 objects and 96 B an iteration …".
	Grows string
	// Notes say what could not be seen, or was left out.
	Notes []string
	// Settled is the time waited in vain.
	Settled time.Duration
	// Beyond says that the test has failed or was skipped meanwhile.
	Beyond bool
}

// Judge runs body until it is clear whether the heap grows with each iteration.
// The run has begun.
func Judge(r *check.Run, body func()) Verdict {
	if why := unusable(); why != "" {
		body()
		return Verdict{Notes: []string{"heap: not checked: " + why}}
	}
	g := &Growth{run: r, body: body, trend: newTrend(r.Plan.Rounds.Max), limit: min(roundSettle, r.Plan.Settle), brief: true}
	g.output, g.bubble = outputOf(r.T), probe.InBubble()
	var done func()
	done, g.alone = oneAtATime(r.T.Name())
	defer done()
	return g.judge()
}

// judging is whose body is being judged: two of them would each see the other's
// growth.
var judging = struct {
	turn chan struct{}
	test atomic.Pointer[string]
}{turn: make(chan struct{}, 1)}

// mostTurn is how long a body waits for its turn. The one that has it may wait for a
// test that can't go on before this one ends, as t.Parallel lets only so many run.
const mostTurn = 10 * time.Second

// oneAtATime waits for the body's turn, but not within the body of the one that has
// it; alone says whether it has come.
func oneAtATime(test string) (done func(), alone bool) {
	now := judging.test.Load()
	if now != nil && strings.HasPrefix(test+"/", *now+"/") || inJudged() || probe.InBubble() {
		return func() {}, false
	}
	timer := time.NewTimer(mostTurn)
	defer timer.Stop()
	select {
	case judging.turn <- struct{}{}:
	case <-timer.C:
		return func() {}, false
	}
	judging.test.Store(&test)
	return func() {
		judging.test.Store(nil)
		<-judging.turn
	}, true
}

// inJudged reports whether the calling goroutine is in a body that is being judged.
func inJudged() bool {
	var pcs [256]uintptr
	calls := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := calls.Next()
		if f.Function == module+"internal/heapprobe.(*Growth).judge" {
			return true
		}
		if !more {
			return false
		}
	}
}

func (g *Growth) judge() Verdict {
	g.warmUp()
	g.level = g.read()
	g.base = g.level
	slowed := 0
	for n := g.first; ; {
		before := g.round(n)
		switch {
		case g.run.Beyond():
			return Verdict{Beyond: true}
		case g.clean():
			return Verdict{Notes: g.sureness()}
		case !g.enough():
		case !g.persists():
			if g.exhausted() {
				return Verdict{Notes: []string{g.undecided()}}
			}
		case g.brief:
			// From here on a round has all the time that there is to settle.
			g.limit, g.brief = g.run.Plan.Settle, false
			if !g.again(n, before) {
				break // it is not what it seemed: it goes when it is given time
			}
			fallthrough
		default:
			if g.slowing() && slowed < slowingRounds && !g.exhausted() {
				slowed++
				break
			}
			return g.condemn()
		}
		n = g.next(n)
	}
}

// warmUp runs the body for a while, and sizes the rounds.
func (g *Growth) warmUp() {
	rounds := g.run.Plan.Rounds
	budget := g.budget()
	warmup, usual := rounds.Warmup, rounds.Warmup < 0
	if usual {
		warmup = usualWarmup
	}
	began := time.Now()
	for i := range warmup {
		check.Call(g.body)
		if i == 0 { // which has more to do than the others
			g.each, began = time.Since(began), time.Now()
			continue
		}
		took := time.Since(began)
		g.each = took / time.Duration(i)
		if usual && !g.bubble && took > budget/8 {
			break
		}
	}
	switch {
	case rounds.Iterations > 0:
		g.first = rounds.Iterations / leastIterations
	case g.each == 0, g.bubble:
		g.first, g.each = usualFirst, 0
	default:
		// Both rounds in three quarters of the budget.
		g.first = min(usualFirst, max(1, int(budget/4/g.each)))
	}
	g.began = time.Now()
}

func (g *Growth) budget() time.Duration {
	if b := g.run.Plan.Rounds.Budget; b > 0 {
		return b
	}
	return usualBudget
}

// round runs the body n times and sees what is more after it than before.
func (g *Growth) round(n int) (before amount) {
	began := time.Now()
	for range n {
		check.Call(g.body)
	}
	g.last, g.lasted = n, time.Since(began)
	before = g.level
	g.sofar = *g.trend
	g.look(n, before)
	return before
}

// again gives the last round all the time to settle, and reports whether what has
// been seen of it stays so.
func (g *Growth) again(n int, before amount) bool {
	*g.trend = g.sofar
	g.look(n, before)
	return g.persists()
}

func (g *Growth) look(n int, before amount) {
	var least amount
	g.level, least = g.settle(g.limit, g.brief, func(held amount) bool { return !g.grows(n, held.minus(before)) })
	g.trend.round(n, least.minus(before))
}

// next is the size of the round after one of n iterations.
func (g *Growth) next(n int) int {
	if g.level.minus(g.base).bytes > most {
		return n
	}
	return 2 * n
}

// enough reports whether a growing body has had the iterations that it takes to
// condemn it.
func (g *Growth) enough() bool {
	if g.exhausted() {
		return true
	}
	return g.total >= growingFactor*g.first-g.first &&
		(g.total >= fastIterations || g.bubble || time.Since(g.began) > fastTime)
}

// exhausted reports whether the body must not be run much longer.
func (g *Growth) exhausted() bool {
	if g.rounds < convicted {
		return false
	}
	return !g.bubble && time.Since(g.began) > growingBudgets*g.budget() || g.level.minus(g.base).bytes > most
}

// sureness says of a clean body that has had few iterations what would not have
// been seen.
func (g *Growth) sureness() []string {
	n := float64(2 * g.first)
	if g.first >= usualFirst || leastObjects*n >= slackObjects && leastBytes*n >= slackBytes {
		return nil
	}
	how := fmt.Sprintf("in %v show no growth of %%.0f objects or %%s an iteration or more; Budget", g.budget())
	if g.run.Plan.Rounds.Iterations > 0 {
		how = "show no growth of %.0f objects or %s an iteration or more; Iterations"
	}
	return []string{fmt.Sprintf("heap: %s "+how+" allows more of them, and less is seen then", times(g.total), max(slackObjects/n, leastObjects+0.5), report.Size(max(slackBytes/n, 2*leastBytes)))}
}

// undecided says of a body that seems to grow that it has not been condemned.
func (g *Growth) undecided() string {
	objects, bytes := g.slope()
	return fmt.Sprintf("heap: %s have not shown whether it grows (the last round by %.2f objects and %s an iteration, but not every one); Budget and Iterations allow more",
		times(g.total), objects, report.Size(bytes))
}

func times(n int) string {
	if n == 1 {
		return "1 iteration"
	}
	return fmt.Sprintf("%d iterations", n)
}
