package fdprobe

import (
	"errors"

	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

type Option func(*plan.Plan)

func Plan(opts []Option) func() plan.Plan {
	return func() plan.Plan {
		p := plan.NewPlan()
		p.Watch(Probe{})
		Apply(&p, opts)
		return p
	}
}

func Apply(p *plan.Plan, opts []Option) {
	for _, o := range opts {
		if o == nil {
			p.Wrong(errors.New("fdassert: an Option is nil: leave it out"))
			continue
		}
		o(p)
	}
}

// Public converts a description to an fdassert.FD. Package fdassert sets it.
var Public func(procfd.FD) any

// Shown returns a leak as users see it: with the public type of description.
func Shown(l probe.Leak) probe.Leak {
	if d, ok := l.Resource.(procfd.FD); ok && Public != nil {
		l.Resource = Public(d)
	}
	return l
}
