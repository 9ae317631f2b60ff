package procstate

import (
	"os"
	"runtime"
	"sync"
)

// changing is held by the one Processors that may change GOMAXPROCS.
var changing sync.Mutex

// processors is held while GOMAXPROCS is compared and changed, and guards the fields of every Processors.
var processors sync.Mutex

// Processors changes how many processors the process uses and restores the user's number. The zero
// value may change nothing.
type Processors struct {
	users, set int // 0 if nothing may be changed
	changed    bool
}

// Take lets p change the number until Restore is called. It does nothing if another Processors has
// been let, or if another test runs: see alone.
func (p *Processors) Take() {
	processors.Lock()
	defer processors.Unlock()
	if !changing.TryLock() {
		return
	}
	if !alone() {
		changing.Unlock()
		return
	}
	p.users = runtime.GOMAXPROCS(0)
	p.set = p.users
}

// Set sets the number that choose returns for the user's number. If somebody else has set another
// number, that number stays.
func (p *Processors) Set(choose func(users int) int) {
	processors.Lock()
	defer processors.Unlock()
	if p.users == 0 || runtime.GOMAXPROCS(0) != p.set {
		return
	}
	if n := choose(p.users); n != p.set {
		runtime.GOMAXPROCS(n)
		p.set, p.changed = n, true
	}
}

func (p *Processors) Reset() { p.Set(func(users int) int { return users }) }

// Restore restores what p changed, and lets others change it.
func (p *Processors) Restore() {
	processors.Lock()
	defer processors.Unlock()
	if p.users == 0 {
		return
	}
	if p.changed && runtime.GOMAXPROCS(0) == p.set {
		restoreProcessors(p.users)
	}
	p.users, p.set, p.changed = 0, 0, false
	changing.Unlock()
}

func restoreProcessors(users int) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.SetDefaultGOMAXPROCS() // it follows the machine, as before
	}
	if runtime.GOMAXPROCS(0) != users {
		runtime.GOMAXPROCS(users)
	}
}

// OneProcessor calls f while the process uses one processor, even if other tests run. f must take
// microseconds only, so that nobody else reads the number.
func OneProcessor(f func()) {
	processors.Lock()
	defer processors.Unlock()
	if users := runtime.GOMAXPROCS(0); users != 1 {
		runtime.GOMAXPROCS(1)
		defer func() {
			if runtime.GOMAXPROCS(0) == 1 {
				restoreProcessors(users)
			}
		}()
	}
	f()
}
