package heapprobe

import (
	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
)

// NoGrowth runs body again and again and reports whether the heap does not grow;
// if there is text, the test is to fail with it.
func NoGrowth(t check.TB, body func(), opts []Option) (clean bool, text string) {
	if body == nil {
		return false, "memassert: NoGrowth: body is nil: pass the function to run"
	}
	r, err := check.New(t, Plan(opts))
	if err != nil {
		body() // what the test is about goes on
		return false, err.Error()
	}
	if r.Off() {
		body()
		return true, ""
	}
	r.Plan.Probes, r.Plan.Limit = nil, nil // which are for one run
	r.Begin(probe.Scope{Test: t.Name(), Borrows: true, By: "memassert"})
	var v Verdict
	r.Body(func() { v = Judge(r, body) })
	r.Probe.Drop()
	if v.Beyond {
		return false, ""
	}
	text = r.Text(probe.Findings{Leaks: v.Leaks, Notes: v.Notes, Settled: v.Settled, Verdict: v.Grows})
	return r.Clean && !t.Failed(), text
}
