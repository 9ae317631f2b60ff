package growth

import (
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
)

const (
	defaultWarmup = 2
	firstRound    = 4
	lastRound     = 128
	// budget is how long a slow body runs before it is judged. It always has at least three
	// rounds.
	budget = 2 * time.Second
	// roundSettle is the settle time between rounds. Only the last round gets the full one.
	roundSettle = 50 * time.Millisecond
)

// A Watcher sees what is held now.
type Watcher interface {
	Held(limit time.Duration, enough func([]probe.Leak) bool) []probe.Leak
	Explain([]probe.Leak) []probe.Leak
}

// Iterate runs body in rounds that double, until nothing grows in a round or until the last round.
// It returns what grew in every round, and how long it waited for that to go away.
//
// Meanwhile it holds the garbage collector, which would release what body forgets.
func Iterate(w Watcher, body func(), p plan.Plan) (grown []probe.Leak, waited time.Duration) {
	defer procstate.HoldCollector()()
	g, began := New("iteration"), time.Now()
	repeat := func(n int) {
		for range n {
			probe.Call(body)
		}
	}
	warmup := p.Rounds.Warmup
	if warmup < 0 {
		warmup = defaultWarmup
	}
	repeat(warmup)
	held := w.Held(roundSettle, func(held []probe.Leak) bool { return len(held) == 0 })
	g.Add(held, warmup)
	for n := firstRound; ; n *= 2 {
		repeat(n)
		last := n == lastRound || n >= 4*firstRound && time.Since(began) > budget
		settle := min(roundSettle, p.Settle)
		if last {
			settle = p.Settle
		}
		held = w.Held(settle, func(held []probe.Leak) bool { return !g.Grows(held) })
		growing := g.Grows(held)
		g.Add(held, n)
		switch {
		case !growing && n > firstRound:
			return nil, 0
		case last:
			return g.Persistent(held, w.Explain), settle
		}
	}
}

const tracedRound = 4

// Traced runs body some more times while w looks with all evidence. It adds this evidence to what
// has grown.
func Traced(w Watcher, body func(), grown []probe.Leak) {
	for range tracedRound {
		probe.Call(body)
	}
	held := w.Explain(w.Held(roundSettle, func([]probe.Leak) bool { return false }))
	for i := range grown {
		l := &grown[i]
		same := slices.IndexFunc(held, func(h probe.Leak) bool { return groupOf(h) == groupOf(*l) })
		if same < 0 {
			continue
		}
		have := l.Evidence
		for _, e := range held[same].Evidence { // all but whole stacks
			if e.Label != "stack" && !slices.ContainsFunc(have, func(h probe.Evidence) bool { return h.Label == e.Label }) {
				l.Evidence = append(l.Evidence, e)
			}
		}
	}
}
