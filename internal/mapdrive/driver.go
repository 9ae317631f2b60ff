package mapdrive

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
)

// A Driver drives maps of one kind.
type Driver struct {
	New   func() Target
	Namer Namer
	Keys  int // the number of different keys
	Vals  int
	// Workers is how many goroutines drive the map at the same time, at least two.
	Workers int
	Seed    uint64
	// WeakRange allows Range to show a key twice, RangeWrites allows its callback to write.
	WeakRange, RangeWrites bool
	// Plays, if not nil, is called before a scenario is played.
	Plays func(mode string, s Scenario)

	// unknown counts the histories of a key that could not be judged. unconfirmed and vetoed count
	// those that seemed wrong: porcupine came to no end for the unconfirmed ones and found the
	// vetoed ones right. notes holds further notes.
	unknown, unconfirmed, vetoed int
	notes                        []string
	meetings                     meetings

	rng     *rand.Rand
	each    time.Duration // about how long an operation takes
	size    int64         // about how many bytes a new map has, 0 if that is not known
	left    []string
	until   time.Time
	mode    atomic.Value
	beats   atomic.Int64 // progress that the workers do not count
	halted  atomic.Bool
	keeping atomic.Bool // keep driving the same map
	crew    *crew
	more    bool // more scenarios follow, for which the crew stays
	playing atomic.Pointer[burst]
	target  atomic.Pointer[Target]   // the map used for several scenarios
	spare   atomic.Pointer[[]Target] // more such maps
	keeps   sync.Mutex               // playing, target and spare are set, unless halted
	busy    atomic.Bool
	found   atomic.Pointer[Failure] // the failure that is being minimised
	procs   procstate.Processors
}

// A Failure is what a mode found.
type Failure struct {
	Mode string
	// What describes the fault.
	What string
	// Scenario shows the fault, and Outcome is a round that failed; nil if there is none.
	Scenario *Scenario
	Outcome  *Outcome
	// Rounds is how often the scenario was played, and Failed how many of these rounds failed.
	// Both are 0 if the failure can't be repeated.
	Rounds, Failed int
	// Overlooked says that only the final Range or Len is wrong, not the operations.
	Overlooked bool
	// Stacks holds stacks that belong to the failure.
	Stacks []string

	bad  int           // the index of the wrong record, -1 if unknown
	took time.Duration // until the scenario failed
}

func (f *Failure) Panics() bool {
	return f.Outcome != nil && slices.ContainsFunc(f.Outcome.Records, func(r Record) bool { return r.Open == "panics" })
}

// Open reports whether operations did not return.
func (f *Failure) Open() bool {
	return f.Outcome != nil && slices.ContainsFunc(f.Outcome.Records, func(r Record) bool { return r.Open != "" && r.Open != "panics" })
}

// A mode makes scenarios that find one sort of fault.
type mode struct {
	name string
	// share is the mode's share of the time.
	share int
	next  func(d *Driver, has []Kind, i int) play
}

// A play is a scenario and the number of rounds to play.
type play struct {
	Scenario
	rounds int
}

// The sequential mode comes first because its failures are the easiest to read. The other shares
// follow from which modes found the faults of published maps soonest: see internal/brokenmaps.
var modes = []mode{
	{"sequential", 10, sequential},
	{"duel", 25, duel},
	{"history", 15, history},
	{"owners", 10, owners},
	{"pulse", 20, pulse},
	{"drain", 10, drain},
	{"range", 10, ranging},
}

func Modes() (names []string) {
	for _, m := range modes {
		names = append(names, m.name)
	}
	return names
}

// Run runs the wanted modes within the budget and returns the first failure.
func (d *Driver) Run(budget time.Duration, wanted func(mode string) bool) *Failure {
	d.procs.Take()
	defer d.procs.Restore()
	defer d.Busy()()
	modes := slices.DeleteFunc(slices.Clone(modes), func(m mode) bool { return !wanted(m.name) })
	shares := 0
	for _, m := range modes {
		shares += m.share
	}
	end := time.Now().Add(budget)
	d.measure()
	for _, m := range modes {
		now := time.Now()
		if d.slow() && now.After(end) {
			d.left = append(d.left, m.name)
			continue
		}
		d.until = now.Add(budget * time.Duration(m.share) / time.Duration(shares))
		if f := d.run(m); f != nil {
			return f
		}
	}
	return nil
}

// Leave reports whether so many operations of the map take longer than the budget. Then the mode is one
// of those left out.
func (d *Driver) Leave(mode string, ops int, budget time.Duration) bool {
	if time.Duration(ops)*d.each <= budget {
		return false
	}
	d.left = append(d.left, mode)
	return true
}

// Left returns the modes that did not run, because a slow map left no time for them.
func (d *Driver) Left() []string { return d.left }

// run runs one mode. It uses a map for several scenarios, or for one round if these are Fresh.
func (d *Driver) run(m mode) *Failure {
	d.Enter(m.name)
	d.rng = rand.New(rand.NewPCG(d.Seed, streamOf(m.name)))
	target := d.New()
	d.spare.Store(nil)
	d.keep(func() { d.target.Store(&target) })
	d.more = true
	defer func() { d.more = false; d.dismiss() }()
	has := d.kinds(target)
	if m.name == "range" {
		if f := d.holdsWriters(); f != nil {
			return d.Finish(f)
		}
	}
	each := d.scenariosOf(m)
	for i := 0; !d.over(); i++ {
		p := m.next(d, has, i)
		if len(p.Workers) == 0 {
			return nil
		}
		d.perturb()
		if i%each == each-1 && !d.keeping.Load() {
			target = d.New()
			d.spare.Store(nil)
		}
		if f := d.playOut(p.Scenario, target, p.rounds); f != nil {
			d.procs.Reset()
			return d.Finish(d.minimise(f))
		}
	}
	return nil
}

// scenariosOf returns how many scenarios of a mode share maps. Duels are short, and several maps share their rounds.
func (d *Driver) scenariosOf(m mode) int {
	if m.name == "duel" {
		return 256 * mostCopies
	}
	return 256
}

// streamOf returns a number for a mode, so that each mode makes choices of its own.
func streamOf(mode string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(mode)) // it does not fail
	return h.Sum64()
}

// playOut plays up to rounds rounds of a scenario and returns the first failure.
func (d *Driver) playOut(s Scenario, target Target, rounds int) *Failure {
	began := time.Now()
	if d.Plays != nil {
		mode, _ := d.mode.Load().(string)
		d.Plays(mode, s)
	}
	b := d.newBurst(s, target)
	defer b.stop()
	races := raceErrors()
	n := len(b.copies)
	for i := 0; i < rounds; i += n {
		p, wrong := b.play()
		played := i + n
		if wrong == "" && raceErrors() != races {
			wrong = "a data race was reported while these operations ran: see the race detector's report"
			p, played = b.copies[0], 0 // the race detector reports it only once
		}
		if wrong != "" {
			d.more = false // a worker may have ended
			o := p.outcome.copied()
			return &Failure{What: wrong, Scenario: &s, Outcome: &o, Stacks: p.stack, Overlooked: p.overlooked, Rounds: played, Failed: 1, bad: p.bad, took: time.Since(began)}
		}
		if d.halted.Load() || (n > 1 || i%64 == 63 || s.ops() > 64 || d.slow()) && d.over() {
			break
		}
	}
	return nil
}

// Beats returns a number that changes when the driver makes progress.
func (d *Driver) Beats() (n int64) {
	n = d.beats.Load() << 32 // a worker starts counting anew with each round
	if b := d.playing.Load(); b != nil {
		for _, p := range b.copies {
			for w := range p.workers {
				n += p.workers[w].at.Load() + p.workers[w].done.Load() + p.workers[w].steps.Load()
			}
		}
	}
	return n
}

// Busy marks the driver as busy until done is called.
func (d *Driver) Busy() (done func()) {
	d.beats.Add(1)
	d.busy.Store(true)
	return func() { d.busy.Store(false) }
}

// Idle reports whether no operations are under way.
func (d *Driver) Idle() bool { return !d.busy.Load() }

// Enter sets the name of the current mode, or of another step.
func (d *Driver) Enter(mode string) { d.mode.Store(mode) }

// Finish sets the mode in which a failure was found.
func (d *Driver) Finish(f *Failure) *Failure {
	if f != nil {
		f.Mode, _ = d.mode.Load().(string)
	}
	return f
}

// Stuck returns a failure that names the operations that do not return. If a failure is being
// minimised, Stuck returns that one.
func (d *Driver) Stuck() *Failure {
	f := &Failure{What: "an operation does not return"}
	if found := d.found.Load(); found != nil {
		f = found
	} else if b := d.playing.Load(); b != nil {
		b.stuck(f)
	}
	return d.Finish(f)
}

func (d *Driver) over() bool { return d.halted.Load() || time.Now().After(d.until) }

// Keep sets whether the driver keeps its map and does not replace it by a new one. A map whose size
// is to be judged must still be there afterwards.
func (d *Driver) Keep(on bool) { d.keeping.Store(on) }

// Halt makes the driver stop: whoever waits for others gives up, though a call that does not return
// stays. Halt restores what the driver changed in the process. Only keeps still refers to the
// driven maps.
func (d *Driver) Halt() (keeps any) {
	d.keeps.Lock()
	defer d.keeps.Unlock()
	d.halted.Store(true)
	d.procs.Restore()
	return [3]any{d.playing.Swap(nil), d.target.Swap(nil), d.spare.Swap(nil)}
}

// keep calls set, unless Halt was called: from then on the driver refers to no map.
func (d *Driver) keep(set func()) {
	d.keeps.Lock()
	defer d.keeps.Unlock()
	if !d.halted.Load() {
		set()
	}
}

// Halted reports whether Halt was called.
func (d *Driver) Halted() bool { return d.halted.Load() }

// kinds returns the kinds of operations that a map has.
func (d *Driver) kinds(t Target) (all []Kind) {
	for k := Load; k <= Len; k++ {
		if t.Has(k) {
			all = append(all, k)
		}
	}
	return append(all, Range)
}

// perturb sometimes changes the number of processors between scenarios. With fewer processors
// workers are preempted; with more the system delays them. Most of the time all goroutines run at
// the same time.
func (d *Driver) perturb() {
	switch d.rng.IntN(48) {
	case 0:
		d.procs.Set(func(users int) int { return 1 + d.rng.IntN(2*users+1) })
	case 1, 2, 3:
		d.procs.Reset()
	}
}

// Scenarios returns n scenarios of a mode.
func (d *Driver) Scenarios(name string, n int) (all []Scenario) {
	m := modes[slices.Index(Modes(), name)]
	has := d.kinds(d.New())
	d.begin()
	for i := range n {
		all = append(all, m.next(d, has, i).Scenario)
	}
	return all
}

func (d *Driver) Play(s Scenario, target Target, rounds int) *Failure {
	d.begin()
	return d.playOut(s, target, rounds)
}

// Record plays one round without judging it.
func (d *Driver) Record(s Scenario, target Target) Outcome {
	d.begin()
	b := d.newBurst(s, target)
	defer b.stop()
	p := b.copies[0]
	p.private = p.alone // with several workers, record the times of all operations
	b.play()
	return p.outcome.copied()
}

func (d *Driver) begin() {
	d.rng = rand.New(rand.NewPCG(d.Seed, 0))
	d.until = time.Now().Add(time.Hour)
}
