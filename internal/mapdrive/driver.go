package mapdrive

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Driver drives maps of one kind.
type Driver struct {
	New   func() Target
	Namer Namer
	Keys  int // how many different ones there are
	Vals  int
	// Workers is how many goroutines drive at the same time, at least two.
	Workers int
	Seed    uint64
	// WeakRange says that Range may show a key twice, and RangeWrites that its
	// callback may write.
	WeakRange, RangeWrites bool

	rng   *rand.Rand
	main  *beat
	until time.Time
	now   atomic.Pointer[string] // the mode
	// beats are counted apart by each worker: one count for all would order their
	// operations, and hide data races from -race.
	beats sync.Map // of *beat
}

// A beat counts what one goroutine has done.
type beat struct {
	n atomic.Int64
	_ [56]byte
}

func (d *Driver) newBeat() *beat {
	b := new(beat)
	d.beats.Store(b, nil)
	return b
}

// A Failure is what a mode has found.
type Failure struct {
	Mode string
	// What is wrong, in words.
	What string
	// Scenario is what shows it, with a round that did; nil where there is none.
	Scenario *Scenario
	Outcome  *Outcome
	// Rounds were played of the scenario, and Failed of them failed.
	Rounds, Failed int
	// Steps are what leads there, where no workers are needed.
	Steps []string
	Seed  uint64
}

// A mode looks for faults of one sort until the driver's time is over.
type mode struct {
	name  string
	share int // of the time
	run   func(*Driver) *Failure
}

// Modes are the names of all, in the order in which they run.
func Modes() (names []string) {
	for _, m := range modes {
		names = append(names, m.name)
	}
	return names
}

var modes = []mode{
	{"sequential", 10, (*Driver).sequential},
	{"duel", 30, (*Driver).duel},
	{"history", 15, (*Driver).history},
	{"owners", 15, (*Driver).owners},
	{"pulse", 15, (*Driver).pulse},
	{"drain", 5, (*Driver).drain},
	{"range", 10, (*Driver).ranging},
}

// Run runs the modes that are wanted, for so long in all, and returns the first
// failure.
func (d *Driver) Run(budget time.Duration, wanted func(mode string) bool) *Failure {
	shares := 0
	for _, m := range modes {
		if wanted(m.name) {
			shares += m.share
		}
	}
	for _, m := range modes {
		if !wanted(m.name) {
			continue
		}
		d.now.Store(&m.name)
		d.main = d.newBeat()
		d.rng = rand.New(rand.NewPCG(d.Seed, uint64(len(m.name))))
		d.until = time.Now().Add(budget * time.Duration(m.share) / time.Duration(shares))
		if f := m.run(d); f != nil {
			f.Mode, f.Seed = m.name, d.Seed
			return f
		}
	}
	return nil
}

// Beats counts what all have done.
func (d *Driver) Beats() (n int64) {
	d.beats.Range(func(b, _ any) bool {
		n += b.(*beat).n.Load()
		return true
	})
	return n
}

// Mode is the one that runs.
func (d *Driver) Mode() string {
	if m := d.now.Load(); m != nil {
		return *m
	}
	return ""
}

func (d *Driver) over() bool { return time.Now().After(d.until) }

func (d *Driver) fresh() Target { return d.New() }

// kindsOfKey are the operations on one key that the map has.
func (d *Driver) kindsOfKey(t Target) (all []Kind) {
	for k := Load; k <= LastOfKey; k++ {
		if t.Has(k) {
			all = append(all, k)
		}
	}
	return all
}

// yield gives way now and then, also from within callbacks.
func (d *Driver) yield(rng *rand.Rand) {
	if rng.IntN(16) == 0 {
		runtime.Gosched()
	}
}
