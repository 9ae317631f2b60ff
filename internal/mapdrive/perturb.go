package mapdrive

import (
	"os"
	"runtime"
	"sync"
)

// changing is held by the one driver of the process that changes GOMAXPROCS.
var changing sync.Mutex

// procs is how many processors there were before, and may be changed; 0 where they
// may not.
type procs struct {
	mu      sync.Mutex
	before  int
	changed bool
}

func (p *procs) take() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if changing.TryLock() {
		p.before = runtime.GOMAXPROCS(0)
	}
}

// set sets what choose makes of the number there was before.
func (p *procs) set(choose func(before int) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before == 0 {
		return
	}
	if n := choose(p.before); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
		p.changed = true
	}
}

func (p *procs) reset() { p.set(func(before int) int { return before }) }

// Restore puts back what the driver has changed of the process, whether or not the
// driver can still be stopped.
func (d *Driver) Restore() {
	p := &d.procs
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before == 0 {
		return
	}
	if p.changed && os.Getenv("GOMAXPROCS") == "" {
		runtime.SetDefaultGOMAXPROCS() // which follows the machine, as before
	}
	if p.changed && runtime.GOMAXPROCS(0) != p.before {
		runtime.GOMAXPROCS(p.before)
	}
	p.before, p.changed = 0, false
	changing.Unlock()
}

// perturb changes the number of processors now and then, between scenarios: with
// fewer of them workers are interrupted, with more they are kept waiting by the
// system. Most of the time all goroutines run at the same time.
func (d *Driver) perturb() {
	switch d.rng.IntN(48) {
	case 0:
		d.procs.set(func(before int) int { return 1 + d.rng.IntN(2*before+1) })
	case 1, 2, 3:
		d.procs.reset()
	}
}
