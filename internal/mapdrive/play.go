package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A player plays a scenario again and again: the caller is the first worker, each
// other one has a goroutine. They start together, spinning, as two operations that
// are to meet within some nanoseconds must.
type player struct {
	d      *Driver
	s      Scenario
	target Target
	rng    *rand.Rand
	*facts

	round      atomic.Int64 // that is played; -1 when there is none any more
	workers    []worker
	running    sync.WaitGroup
	outcome    Outcome
	bad        place        // the operation that is wrong, if it is known
	stack      []string     // of a panic
	overlooked bool         // it is Range or Len in the end that is wrong
	doing      atomic.Int64 // what the caller does alone, packed
	order      order
	final      sight
}

type worker struct {
	done    atomic.Int64 // the last round that it has played
	at      atomic.Int64 // the operation that is under way, for who looks when it is stuck
	records []Record
	steps   atomic.Int64 // within it
	n       int          // how many operations it has done in this round
	delay   int
	mask    int // it gives way before each operation whose number has these bits
	spun    int
	rng     *rand.Rand
	sight   sight
	wrong   string // with the last operation
	panic   *panicking
	_       [64]byte // a line of the cache for each
}

// base is where the clock of all records starts. A counter that all workers share
// would order their operations, and so hide data races from -race.
var base = time.Now()

func now() int64 { return int64(time.Since(base)) }

// newPlayer begins: stop must be called. A target of which other scenarios have made
// use is empty.
func (d *Driver) newPlayer(s Scenario, target Target) *player {
	p := &player{d: d, s: s, target: target, rng: d.rng, facts: newFacts(s), workers: make([]worker, len(s.Workers))}
	for w := range p.workers {
		me := &p.workers[w]
		me.records = make([]Record, len(s.Workers[w]))
		me.sight.steps = &me.steps
		me.rng = rand.New(rand.NewPCG(d.rng.Uint64(), uint64(w)))
	}
	p.final.steps = &d.steps
	p.outcome.Records = make([]Record, 0, s.ops()+len(p.keys)+1)
	p.outcome.Final = make([]Record, 0, len(p.keys))
	d.playing.Store(p)
	for w := 1; w < len(p.workers); w++ {
		p.running.Go(func() { p.work(w) })
	}
	return p
}

// stop ends the workers and empties the map.
func (p *player) stop() {
	p.round.Store(-1)
	p.running.Wait()
	defer func() { _ = recover() }() // what panics was found before
	if !p.s.Fresh {
		p.empty()
	}
}

// empty deletes what may be left.
func (p *player) empty() {
	if len(p.keys) > 64 && len(p.outcome.Final) == len(p.keys) {
		for _, r := range p.outcome.Final {
			if r.Result.OK {
				p.by(Op{Kind: Delete, Key: r.Op.Key})
			}
		}
		return
	}
	for _, k := range p.keys {
		p.by(Op{Kind: Delete, Key: k})
	}
}

// by does an operation when no worker does any.
func (p *player) by(op Op) Result {
	p.doing.Store(op.packed())
	p.d.steps.Add(1)
	return p.target.Do(op)
}

// work is a goroutine of a worker.
func (p *player) work(w int) {
	me := &p.workers[w]
	for round := int64(1); ; round++ {
		for spins := 0; ; spins++ {
			now := p.round.Load()
			if now < 0 {
				return
			}
			if now >= round {
				break
			}
			if p.d.halted.Load() {
				return
			}
			pause(spins)
		}
		p.run(w)
		me.done.Store(round)
	}
}

// pause lets others go on, if a wait has lasted for a while.
func pause(spins int) {
	switch {
	case spins < 2000:
	case spins < 20000:
		runtime.Gosched()
	default:
		time.Sleep(10 * time.Microsecond)
	}
}

// run does the operations of a worker once, or those for which there is time.
func (p *player) run(w int) {
	me := &p.workers[w]
	returned := false
	defer func() {
		if r := recover(); r != nil {
			me.panic = caught(r)
		} else if !returned && w > 0 {
			me.panic = &panicking{value: "it ends its goroutine, as FailNow of a test does"}
			me.done.Store(p.round.Load())
		}
	}()
	for i := range me.delay {
		me.spun += i // or the compiler leaves it out
	}
	for i, op := range p.s.Workers[w] {
		if i&63 == 63 && p.d.over() {
			break
		}
		if i&me.mask == me.mask {
			runtime.Gosched()
		}
		me.at.Store(int64(i))
		r := &me.records[i]
		r.Op, r.Worker = op, w
		if p.private && op.Kind <= LastOfKey {
			next, want := Step(p.model[op.Key], op)
			r.Result = p.target.Do(op)
			if r.Result != want {
				me.wrong = p.mismatch(r.Op, r.Result, want)
			}
			p.model[op.Key] = next
		} else {
			r.Call = now()
			p.do(me, op, r)
			r.Return = now()
		}
		me.n = i + 1
		if me.wrong != "" {
			break
		}
	}
	returned = true
}

// mismatch says what is wrong with the answer to the only one who uses a key.
func (p *player) mismatch(op Op, got, want Result) string {
	s := fmt.Sprintf("%s returned %s: it must be %s", op.Spell(p.d.Namer), got.Spell(op, p.d.Namer), want.Spell(op, p.d.Namer))
	if len(p.workers) > 1 {
		s += ", as no other goroutine uses this key"
	}
	return s
}

// do does an operation that is not on one key only known to its worker.
func (p *player) do(me *worker, op Op, r *Record) {
	r.Result = Result{Val: Absent}
	switch op.Kind {
	case Pause:
		for range op.Val {
			me.spun++
		}
	case Len:
		r.Result.Val = p.target.Len()
		if present := p.present(); p.alone && r.Result.Val != present {
			me.wrong = fmt.Sprintf("Len() returned %d: there are %d entries", r.Result.Val, present)
		}
	case Range:
		r.Result.Val = me.sight.look(p, me.rng, op.Val, p.alone, p.d.WeakRange)
		me.wrong = me.sight.wrong
	case RangeWrites:
		calls := 0
		p.target.Range(func(int, int) bool {
			calls++
			if calls%2 == 1 {
				p.target.Do(Op{Kind: Store, Key: op.Key, Val: op.Val})
			} else {
				p.target.Do(Op{Kind: Delete, Key: op.Key})
			}
			return calls < mostWrites // what is stored may be shown, and so on for ever
		})
	case Clear:
		r.Result = p.target.Do(op)
		if p.alone {
			for _, k := range p.keys {
				p.model[k] = Absent
			}
		}
	default:
		r.Result = p.target.Do(op)
	}
}

// mostWrites are done in one Range.
const mostWrites = 400

// setUp puts the map into the state that the scenario begins with.
func (p *player) setUp() {
	if p.s.Fresh {
		p.doing.Store(0)
		p.target = p.d.New()
	} else {
		p.empty()
	}
	for _, op := range p.s.Setup {
		p.by(op)
	}
	if p.private {
		for _, k := range p.keys {
			p.model[k] = p.before[k]
		}
	}
}

// play plays one round; wrong says what is wrong with it.
func (p *player) play() (wrong string) {
	p.d.rounds.Add(1)
	p.bad, p.stack, p.overlooked = place{worker: -1}, nil, false
	p.outcome.Records = p.outcome.Records[:0]
	if wrong := p.prepare(); wrong != "" {
		p.outcome.Final = p.outcome.Final[:0]
		return wrong
	}
	for w := range p.workers {
		me := &p.workers[w]
		me.n, me.wrong, me.panic, me.delay, me.mask = 0, "", nil, 0, -1
		me.at.Store(0)
		switch p.rng.IntN(8) {
		case 0, 1, 2, 3:
			me.delay = p.rng.IntN(200)
		case 4:
			me.mask = 1<<p.rng.IntN(5) - 1
		}
	}
	p.doing.Store(0)
	round := p.round.Add(1)
	p.run(0)
	p.workers[0].done.Store(round)
	for w := 1; w < len(p.workers); w++ {
		for spins := 0; p.workers[w].done.Load() < round; spins++ {
			if p.d.halted.Load() {
				runtime.Goexit() // for good: a worker does not return
			}
			pause(spins)
		}
	}
	p.outcome.Records, p.outcome.Final = p.outcome.Records[:0], p.outcome.Final[:0]
	for w := range p.workers {
		me := &p.workers[w]
		p.outcome.Records = append(p.outcome.Records, me.records[:me.n]...)
	}
	for w := range p.workers {
		me := &p.workers[w]
		if me.panic != nil {
			at := int(me.at.Load())
			p.outcome.Records = append(p.outcome.Records, Record{Op: p.s.Workers[w][at], Worker: w, Open: "panics"})
			p.bad, p.stack = place{w, at}, me.panic.calls
			return fmt.Sprintf("%s panics: %v", p.s.Workers[w][at].Spell(p.d.Namer), me.panic.value)
		}
		if wrong == "" && me.wrong != "" {
			wrong, p.bad = me.wrong, place{w, me.n - 1}
		}
	}
	if wrong != "" {
		if p.tells {
			p.conclude(func() string { return wrong }) // for what is left then
		}
		return wrong
	}
	return p.conclude(p.judge)
}

// prepare sets the map up.
func (p *player) prepare() (wrong string) {
	defer func() {
		if r := recover(); r != nil {
			wrong = p.panicsAlone(r)
		}
	}()
	p.setUp()
	if len(p.keys) > 8 || p.rng.IntN(8) > 0 {
		return ""
	}
	// What the last round has left would look like a fault of this one.
	for _, k := range p.keys {
		op := Op{Kind: Load, Key: k}
		want := Result{p.before[k], p.before[k] != Absent}
		if got := p.by(op); got != want && !p.loose[k] {
			return fmt.Sprintf("%s returned %s before the workers begin: it must be %s", op.Spell(p.d.Namer), got.Spell(op, p.d.Namer), want.Spell(op, p.d.Namer))
		}
	}
	return ""
}

// panicsAlone says that an operation has panicked before or after those of the workers.
func (p *player) panicsAlone(r any) string {
	c := caught(r)
	p.stack = c.calls
	if p.doing.Load() == 0 {
		return fmt.Sprintf("newMap panics: %v", c.value)
	}
	return fmt.Sprintf("%s panics, when no other goroutine does anything: %v", unpacked(p.doing.Load()).Spell(p.d.Namer), c.value)
}

// conclude looks at what is left of a round, and judges it.
func (p *player) conclude(judge func() string) (wrong string) {
	defer func() {
		if r := recover(); r != nil {
			wrong = p.panicsAlone(r)
		}
	}()
	for _, k := range p.keys {
		r := Record{Op: Op{Kind: Load, Key: k}, Worker: len(p.workers), Call: now()}
		r.Result = p.by(r.Op)
		r.Return = now()
		p.outcome.Final = append(p.outcome.Final, r)
	}
	p.doing.Store(0)
	if wrong := judge(); wrong != "" {
		return wrong
	}
	if p.whole || p.rng.IntN(16) == 0 {
		wrong = p.overlook()
		p.overlooked = wrong != ""
	}
	return wrong
}

// overlook compares Range and Len with what the last Loads have shown.
func (p *player) overlook() (wrong string) {
	present := 0
	for _, r := range p.outcome.Final {
		p.model[r.Op.Key] = r.Result.Val
		if r.Result.OK {
			present++
		}
	}
	p.doing.Store(Op{Kind: Range}.packed())
	if p.final.look(p, p.rng, 0, true, false); p.final.wrong != "" {
		return p.final.wrong + ", when all have returned"
	}
	if p.target.Has(Len) {
		p.doing.Store(Op{Kind: Len}.packed())
		if got := p.target.Len(); got != present {
			return fmt.Sprintf("Len() returned %d when all have returned: there are %d entries", got, present)
		}
	}
	return ""
}
