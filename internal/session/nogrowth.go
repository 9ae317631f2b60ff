package session

import (
	"slices"

	"github.com/leakassert/leakassert/internal/growth"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
)

// NoGrowth runs body many times and reports whether nothing that the options watch grows with it.
// It judges the heap last, and only if nothing else has grown.
func NoGrowth(t TB, by string, body func(), options func() plan.Plan) bool {
	t.Helper()
	s, err := start(t, by, "NoGrowth", body, plan.Repeating(options))
	if err != nil {
		t.Errorf("%v", err)
		return false
	}
	if s.Off() {
		return true
	}
	isHeap := func(p probe.Probe) bool { return p == probe.Probe(heapprobe.Probe{}) }
	heap := slices.ContainsFunc(s.Plan.Probes, isHeap)
	all := s.Plan.Probes
	s.Plan.Probes = slices.DeleteFunc(slices.Clone(all), isHeap)
	s.Plan.Limit = nil // Limit is about what one run may leave
	s.Grows = "iteration"
	scope := probe.Scope{Borrows: true, By: by}
	s.Begin(scope)
	var grown heapprobe.Verdict
	s.Body(func() {
		if len(s.Plan.Probes) > 0 {
			grown.Leaks, grown.Settled = growth.Iterate(s.Check, body, *s.Plan)
		}
		switch {
		case s.Beyond():
		case len(grown.Leaks) > 0:
			s.traced(scope, func(w *pipeline.Check) { growth.Traced(w, body, grown.Leaks) })
		case heap:
			grown = heapprobe.Judge(heapprobe.Trial{
				T: t, Body: body, Rounds: s.Plan.Rounds, Settle: s.Plan.Settle,
				Trace: s.Env.Trace, Symbols: s.Env.Symbols, Beyond: s.Beyond, Sift: s.Check.Sift,
			})
		}
	})
	s.grown = grown
	if s.judges = all; len(grown.Leaks)+len(grown.Notes) > 0 { // the heap comes last, and a note says what is left open
		s.judges = s.Plan.Probes
	}
	s.end(pipeline.Followed)
	return s.clean && !s.Beyond()
}

// traced runs f with a second check of the same test that asks for all evidence. The findings of
// that check are not reported.
func (s *Session) traced(scope probe.Scope, f func(*pipeline.Check)) {
	again := *s
	env := *s.Env
	env.Trace = true
	again.Env = &env
	again.Begin(scope)
	defer func() { s.others = append(s.others, again.Check.Finish(pipeline.NoVerdict).Leaks...) }()
	f(again.Check)
}
