package bench

import (
	"sync"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// A performer does what a scenario says as one writes it by hand, with new goroutines
// each time; it records nothing and judges nothing.
type performer struct {
	scenario mapdrive.Scenario
	keys     []int
	m        *syncMap
}

func newPerformer(s mapdrive.Scenario) *performer {
	return &performer{s, s.Keys(), new(syncMap)}
}

// perform begins with a map that is new or empty, as the driver does.
func (p *performer) perform() {
	if p.scenario.Fresh {
		p.m = new(syncMap)
	} else {
		for _, k := range p.keys {
			p.m.m.Delete(k)
		}
	}
	p.do(p.scenario.Setup)
	var wg sync.WaitGroup
	for _, ops := range p.scenario.Workers {
		wg.Go(func() { p.do(ops) })
	}
	wg.Wait()
}

func (p *performer) do(ops []mapdrive.Op) {
	for _, op := range ops {
		if op.Kind == mapdrive.Range {
			p.m.Range(func(int, int) bool { return true })
		} else {
			p.m.Do(op)
		}
	}
}
