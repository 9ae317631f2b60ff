package poolassert

import "fmt"

// A Gauge is a number in the statistics of a pool that must return to where it was,
// or below.
type Gauge[S any] struct {
	Name  string
	Value func(S) int64
}

// Watch is any pool that has statistics: stats returns a copy of them, and of each
// gauge there must not be more at the end than at the beginning. stats may panic or
// block: that costs a note, and two seconds.
func Watch[S any](name string, stats func() S, gauges ...Gauge[S]) Pool {
	return &watched[S]{name, stats, gauges}
}

type watched[S any] struct {
	name   string
	stats  func() S
	gauges []Gauge[S]
}

func (p *watched[S]) Name() string { return p.name }

func (p *watched[S]) Stats() Stats {
	raw := p.stats()
	s := Stats{Raw: raw}
	for _, g := range p.gauges {
		s.Gauges = append(s.Gauges, Reading{Name: g.Name, Value: g.Value(raw)})
	}
	return s
}

func (p *watched[S]) Validate() error {
	if p.stats == nil {
		return fmt.Errorf("%s: stats is nil: pass the function that reads the statistics", p.name)
	}
	if len(p.gauges) == 0 {
		return fmt.Errorf("%s: without a gauge there is nothing that must return: name one", p.name)
	}
	names := make(map[string]bool)
	for _, g := range p.gauges {
		if g.Name == "" || g.Value == nil || names[g.Name] {
			return fmt.Errorf("%s: a gauge needs a name that no other one has, and a value: %q", p.name, g.Name)
		}
		names[g.Name] = true
	}
	return nil
}
