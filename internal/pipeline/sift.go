package pipeline

import (
	"slices"

	"github.com/leakassert/leakassert/internal/aside"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
)

// Sift closes what is idle and applies the filters. A user's function that does not return has no
// effect, and a note says so.
func (c *Check) Sift(leaks []probe.Leak) []probe.Leak {
	if len(leaks) == 0 {
		return nil
	}
	return c.sift(leaks) // separate, because its closures cost a passing check an allocation
}

func (c *Check) sift(leaks []probe.Leak) []probe.Leak {
	for _, closeIdle := range c.Config.Idle {
		c.faulty("what is idle was not closed", aside.Call(closeIdle))
	}
	keep := make([]func([]probe.Leak) []probe.Leak, 0, len(c.Config.Filters)+len(c.Config.Limit))
	for _, f := range c.Config.Filters {
		keep = append(keep, f.Keep)
	}
	for _, keep := range append(keep, c.Config.Limit...) {
		if len(leaks) == 0 {
			return nil
		}
		kept, err := aside.Get(func() []probe.Leak { return keep(slices.Clone(leaks)) })
		if c.faulty("an option that leaves leaks out was not obeyed", err); err == nil {
			leaks = kept
		}
	}
	return leaks
}

func (c *Check) faulty(not string, err error) {
	if err != nil && c.note == "" {
		c.note = oneLine("%s: %v", not, err)
	}
}

// Narrow adds the filters of another check of the same test to a running check, and takes over its
// settle time.
func (c *Check) Narrow(config plan.Config) {
	narrowed := *c.Config
	narrowed.Settle = config.Settle
	narrowed.Collect = narrowed.Collect || config.Collect
	narrowed.Filters = slices.Concat(narrowed.Filters, config.Filters)
	narrowed.Idle = slices.Concat(narrowed.Idle, config.Idle)
	narrowed.Limit = slices.Concat(narrowed.Limit, config.Limit)
	c.Config = &narrowed
}
