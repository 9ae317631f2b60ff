package poolprobe

import (
	"slices"
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/probe"
)

// Planting has the pool say that one more is in use: most pools lend only what a server has.
func (p Probe) Planting() (probe.Probe, probe.Planting) {
	c := configure(p.Pool)
	lends := &overstated{Pool: c.Pool}
	c.Pool = lends
	return Probe{&c}, probe.Planting{Name: Kind + " " + c.Name(), Leak: func() (func(probe.Leak) bool, func(), error) {
		lends.out.Store(1)
		is := func(l probe.Leak) bool { return l.Kind == Kind && slices.Contains(l.Columns, c.Name()) }
		return is, func() { lends.out.Store(0) }, nil
	}}
}

// An overstated pool has more in use than the pool that it stands for.
type overstated struct {
	Pool
	out atomic.Int64
}

func (p *overstated) Stats() Stats {
	s := p.Pool.Stats()
	s.InUse += p.out.Load()
	return s
}
