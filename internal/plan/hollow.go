package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/aside"
	"github.com/leakassert/leakassert/internal/probe"
)

// Hollow says in one line why checks with these options can't fail a test, "" if they can. timeout is
// the time after which the testing package ends the process, 0 if it does not.
func (p *Plan) Hollow(timeout time.Duration) string {
	if timeout > 0 && p.Settle >= timeout {
		return fmt.Sprintf("no check can report a leak: Settle(%v) is not shorter than -timeout %v, which ends the process; write a shorter one", p.Settle, timeout)
	}
	for _, f := range p.Filters {
		if f.option == "" || slices.ContainsFunc(p.Probes, func(q probe.Probe) bool { return f.keeps(q.Kind()) }) {
			continue
		}
		return "no check can report a leak: " + f.option + " leaves out every leak; narrow it"
	}
	return ""
}

// keeps reports whether a filter keeps a leak of a kind about which nothing is known. A function of
// the user's that fails leaves nothing out.
func (f *Filter) keeps(kind string) bool {
	call := probe.Frame{Func: "example.invalid/leaktest.anyFunction", File: "any.go", Line: 1}
	l := probe.Leak{Kind: kind, ID: "any", Columns: []string{"any"}, Frames: []probe.Frame{call}, CreatedBy: call}
	kept, err := aside.Get(func() []probe.Leak { return f.keep([]probe.Leak{l}) })
	return err != nil || len(kept) > 0
}
