package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"slices"
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
	// Decoded says that the scenarios come of bytes: no seed makes them.
	Decoded bool

	// unknown is how many histories of a key could not be judged, unconfirmed for how
	// many of those that seem wrong porcupine has come to no end, and vetoed how many it
	// does not find wrong. notes are what else there is to say.
	unknown, unconfirmed, vetoed int
	notes                        []string

	rng     *rand.Rand
	until   time.Time
	mode    atomic.Pointer[string]
	rounds  atomic.Int64
	steps   atomic.Int64 // of one goroutine alone
	halted  atomic.Bool
	playing atomic.Pointer[player]
	target  atomic.Pointer[Target] // that lives for some scenarios
	busy    atomic.Bool
	ended   atomic.Bool
	found   atomic.Pointer[Failure] // that is being made smaller
	procs   procs
}

// A Failure is what a mode has found.
type Failure struct {
	Mode string
	// What is wrong, in words.
	What string
	// Scenario is what shows it, with a round that did; nil where there is none.
	Scenario *Scenario
	Outcome  *Outcome
	// Rounds were played of the scenario, and Failed of them failed; none were where
	// that can't be repeated.
	Rounds, Failed int
	// Overlooked says that the operations are right, and what Range or Len shows in the
	// end is not.
	Overlooked bool
	// Stacks are calls that belong to it.
	Stacks []string
	Seed   uint64

	bad  place         // the operation that is wrong, if it is known
	took time.Duration // until it failed
}

// Panics is whether an operation has panicked.
func (f *Failure) Panics() bool {
	return f.Outcome != nil && slices.ContainsFunc(f.Outcome.Records, func(r Record) bool { return r.Open == "panics" })
}

// A mode makes scenarios that find faults of one sort.
type mode struct {
	name string
	// share is what it has of the time.
	share int
	next  func(d *Driver, has []Kind, i int) play
}

// A play is a scenario and how many rounds there are to be of it.
type play struct {
	Scenario
	rounds int
}

// Sequential comes first, as it tells a fault best. The shares of the others are by
// what has found the faults of published maps soonest, see internal/brokenmaps.
var modes = []mode{
	{"sequential", 10, sequential},
	{"duel", 25, duel},
	{"history", 15, history},
	{"owners", 10, owners},
	{"pulse", 20, pulse},
	{"drain", 10, drain},
	{"range", 10, ranging},
}

// Modes are the names of all, in the order in which they run.
func Modes() (names []string) {
	for _, m := range modes {
		names = append(names, m.name)
	}
	return names
}

// Run runs the modes that are wanted, for so long in all, and returns the first
// failure.
func (d *Driver) Run(budget time.Duration, wanted func(mode string) bool) *Failure {
	d.procs.take()
	defer d.Restore()
	defer d.Busy()()
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
		d.until = time.Now().Add(budget * time.Duration(m.share) / time.Duration(shares))
		if f := d.run(m); f != nil {
			return f
		}
	}
	return nil
}

// run runs one mode. Maps live for some scenarios, or for one round.
func (d *Driver) run(m mode) *Failure {
	d.Enter(m.name)
	d.rng = rand.New(rand.NewPCG(d.Seed, uint64(len(m.name))))
	target := d.New()
	d.target.Store(&target)
	has := d.kinds(target)
	if m.name == "range" {
		if f := d.holdsWriters(); f != nil {
			return d.Finish(f)
		}
	}
	for i := 0; !d.over(); i++ {
		p := m.next(d, has, i)
		if len(p.Workers) == 0 {
			return nil
		}
		d.perturb()
		if i%256 == 255 {
			target = d.New()
		}
		if f := d.playOut(p.Scenario, target, p.rounds); f != nil {
			d.procs.reset()
			return d.Finish(d.minimise(f))
		}
	}
	return nil
}

// playOut plays rounds of a scenario and returns the first failure.
func (d *Driver) playOut(s Scenario, target Target, rounds int) *Failure {
	began := time.Now()
	p := d.newPlayer(s, target)
	defer p.stop()
	races := raceErrors()
	for i := range rounds {
		wrong := p.play()
		raced := wrong == "" && raceErrors() != races
		if raced {
			wrong = "a data race was reported in the process while this was done: see there"
		}
		if wrong != "" {
			o := p.outcome.copied()
			f := &Failure{What: wrong, Scenario: &s, Outcome: &o, Stacks: p.stack, Overlooked: p.overlooked, Rounds: i + 1, Failed: 1, bad: p.bad, took: time.Since(began)}
			if raced { // it is reported once
				f.Rounds = 0
			}
			return f
		}
		if d.halted.Load() || (i%64 == 63 || s.ops() > 64) && d.over() {
			break
		}
	}
	return nil
}

// Beats counts what has been done, roughly.
func (d *Driver) Beats() (n int64) {
	n = d.rounds.Load()<<32 + d.steps.Load()
	if p := d.playing.Load(); p != nil {
		for w := range p.workers {
			n += p.workers[w].at.Load() + p.workers[w].steps.Load()
		}
	}
	return n
}

// Busy says that operations are under way, until what it returns is called.
func (d *Driver) Busy() (done func()) {
	d.rounds.Add(1)
	d.busy.Store(true)
	return func() { d.busy.Store(false) }
}

// Idle is whether no operations are under way.
func (d *Driver) Idle() bool { return !d.busy.Load() }

// Mode is the one that runs.
func (d *Driver) Mode() string {
	if m := d.mode.Load(); m != nil {
		return *m
	}
	return ""
}

// Stuck is a failure that names the operations that do not return; or, if there is
// one that is just being made smaller, that.
func (d *Driver) Stuck() *Failure {
	f := &Failure{What: "an operation does not return"}
	if found := d.found.Load(); found != nil {
		f = found
	} else if p := d.playing.Load(); p != nil && (p.round.Load() >= 0 || p.doing.Load() != 0) {
		p.stuck(f)
	}
	return d.Finish(f)
}

// Notes are what there is to say besides a failure, when Run has returned.
func (d *Driver) Notes() []string {
	notes := slices.Clone(d.notes)
	if d.unknown > 0 {
		notes = append(notes, fmt.Sprintf("%d histories could not be judged: too many operations on one key at the same time; fewer Workers help", d.unknown))
	}
	if d.unconfirmed > 0 {
		notes = append(notes, fmt.Sprintf("%d histories seem wrong, and are not reported: porcupine, which is to confirm that, came to no end", d.unconfirmed))
	}
	if d.vetoed > 0 {
		notes = append(notes, fmt.Sprintf("%d findings were not confirmed by porcupine, and are not reported", d.vetoed))
	}
	return notes
}

// End says that there is nothing more to come, and Ended whether it was said: else a
// goroutine is still at work.
func (d *Driver) End() { d.ended.Store(true) }

// Ended is whether there is nothing more to come.
func (d *Driver) Ended() bool { return d.ended.Load() }

// Enter begins a mode, or what is beside them.
func (d *Driver) Enter(mode string) { d.mode.Store(&mode) }

// Finish says in which mode a failure was found.
func (d *Driver) Finish(f *Failure) *Failure {
	if f != nil {
		f.Mode, f.Seed = d.Mode(), d.Seed
	}
	return f
}

func (d *Driver) over() bool { return d.halted.Load() || time.Now().After(d.until) }

// Halt has the driver come to its end, as far as what is under way returns: who waits
// for others gives up. The maps that are driven are kept by what it returns only.
func (d *Driver) Halt() (keeps any) {
	d.halted.Store(true)
	return [2]any{d.playing.Swap(nil), d.target.Swap(nil)}
}

// Halted is whether the driver was told to come to its end.
func (d *Driver) Halted() bool { return d.halted.Load() }

// kinds are the operations that a map has.
func (d *Driver) kinds(t Target) (all []Kind) {
	for k := Load; k <= Len; k++ {
		if t.Has(k) {
			all = append(all, k)
		}
	}
	return append(all, Range)
}
