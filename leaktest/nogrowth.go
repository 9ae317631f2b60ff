package leaktest

import (
	"fmt"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/probe"
)

const (
	defaultWarmup = 2
	firstRound    = 4
	lastRound     = 128
	tracedRound   = 4
	// growthBudget is after how long a slow body is judged on the rounds it has
	// had, of which there are at least three.
	growthBudget = 2 * time.Second
	// roundSettle is the settle time between rounds; only the last one gets all
	// of it.
	roundSettle = 50 * time.Millisecond
)

// Warmup sets how often [NoGrowth] runs the body before it begins to count; by
// default twice. A pool that fills up by one an iteration needs its size.
func Warmup(n int) Option {
	return option(func(p *check.Plan) {
		if n < 0 {
			p.Wrong(fmt.Errorf("leaktest: Warmup(%d): it is a number of iterations, 0 or more", n))
			return
		}
		p.Rounds.Warmup = n
	})
}

// NoGrowth runs body many times and fails the test when something grows every
// time; it returns whether nothing does. What body keeps once, such as a pool of
// workers that it starts on first use, is no leak, and neither are files that it
// forgets and the garbage collector closes meanwhile: for those there is [NoLeak].
//
// With [Heap] body is run on to see what of the heap grows, see
// [memassert.NoGrowth].
//
// After the warm-up body runs in rounds of 4, 8, 16 … 128 iterations, 252 in
// all, and the first round from the second on after which nothing has grown
// ends it: a clean body runs 14 times. A body so slow that three rounds or more
// have taken 2 s is judged by those.
func NoGrowth(t TB, body func(), opts ...Option) bool {
	t.Helper()
	if body == nil {
		t.Errorf("leaktest: NoGrowth: body is nil: pass the function to run")
		return false
	}
	r, err := check.New(t, plan(opts))
	if err != nil {
		t.Errorf("%v", err)
	}
	if err != nil || r.Off() {
		body()
		return err == nil
	}
	heap := probe.Contains(r.Plan.Probes, heapprobe.Probe{})
	r.Plan.Probes = slices.DeleteFunc(r.Plan.Probes, func(p probe.Probe) bool { return p == probe.Probe(heapprobe.Probe{}) })
	r.Plan.Limit = nil // of what a whole test may leave
	r.Begin(probe.Scope{Test: t.Name(), Borrows: true, By: name})
	g := growth{unit: "iteration"}
	var f probe.Findings
	var verdict heapprobe.Verdict
	r.Body(func() {
		if len(r.Plan.Probes) > 0 {
			f.Settled = iterate(r, &g, body)
		}
		if heap && !r.Beyond() {
			verdict = heapprobe.Judge(r, body)
		}
	})
	if r.Beyond() {
		r.Probe.Drop()
		return false
	}
	f.Leaks = g.persistent(r.Probe.Explain)
	r.Probe.Drop()
	if len(f.Leaks) > 0 {
		traced(r, body, f.Leaks)
	} else {
		f.Verdict, f.Settled = verdict.Grows, verdict.Settled
	}
	f.Leaks, f.Notes = append(f.Leaks, verdict.Leaks...), verdict.Notes
	text := r.Text(f)
	if text != "" {
		t.Errorf("%s", text)
	}
	return r.Clean
}

// traced runs the body some more times with all evidence asked for, and adds to
// what has grown what that tells.
func traced(r *check.Run, body func(), grown []Leak) {
	again := *r
	again.Env.Trace = true
	again.Begin(probe.Scope{Test: r.T.Name(), Borrows: true, By: name})
	again.Body(func() {
		for range tracedRound {
			check.Call(body)
		}
	})
	held := again.Probe.Explain(again.Probe.Held(roundSettle, func([]Leak) bool { return false }))
	again.Probe.Drop()
	for i := range grown {
		l := &grown[i]
		for _, h := range held {
			if groupKey(h) == groupKey(*l) {
				l.Evidence = append(l.Evidence, missing(l.Evidence, h.Evidence)...)
				break
			}
		}
	}
}

// missing are the lines of evidence with labels that the other ones lack. Whole
// stacks are not among them.
func missing(have, all []Evidence) (more []Evidence) {
	for _, e := range all {
		if e.Label != "stack" && !slices.ContainsFunc(have, func(h Evidence) bool { return h.Label == e.Label }) {
			more = append(more, e)
		}
	}
	return more
}

// iterate runs the rounds; it returns the time waited in vain after the last.
func iterate(r *check.Run, g *growth, body func()) (waited time.Duration) {
	began := time.Now()
	repeat := func(n int) {
		for range n {
			check.Call(body)
		}
	}
	warmup := r.Plan.Rounds.Warmup
	if warmup < 0 {
		warmup = defaultWarmup
	}
	repeat(warmup)
	g.round(r.Probe.Held(roundSettle, func(held []Leak) bool { return len(held) == 0 }), warmup)
	for n := firstRound; n <= lastRound; n *= 2 {
		repeat(n)
		last := n == lastRound || n >= 4*firstRound && time.Since(began) > growthBudget
		settle := min(roundSettle, r.Plan.Settle)
		if last {
			settle = r.Plan.Settle
		}
		held := r.Probe.Held(settle, func(held []Leak) bool { return !g.grows(held) })
		growing := g.grows(held)
		g.round(held, n)
		switch {
		case !growing && n > firstRound:
			return 0
		case last:
			return settle
		}
	}
	return 0
}
