package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"
)

// A player plays a scenario with one map, again and again.
type player struct {
	d      *Driver
	s      Scenario
	target Target
	rng    *rand.Rand
	*facts

	workers    []worker
	outcome    Outcome
	bad        int          // the index of the wrong record, -1 if unknown
	cut        bool         // a slow map has used up the time before or after the workers
	trial      *Trial       // if a scheduler controls the round
	stack      []string     // of a panic
	overlooked bool         // only the final Range or Len is wrong
	doing      atomic.Int64 // the operation that the caller does alone, packed
	order      order
	final      sight
}

type worker struct {
	done    atomic.Int64 // the last round that it played
	at      atomic.Int64 // the operation under way, for the report when it is stuck
	records []Record
	steps   atomic.Int64 // progress within the operation
	n       int          // the number of operations done in this round
	delay   int
	mask    int // the worker yields before each operation whose number has these bits
	spun    int
	rng     *rand.Rand
	sight   sight
	wrong   string // what is wrong with the last operation
	panic   *panicking
	_       [64]byte // padding: no two workers share a cache line
}

// mostDelay is the logarithm of how many steps of a loop a worker may wait before its first operation. Operations
// take from some nanoseconds to some microseconds.
const mostDelay = 11

// base is where the clock of all records starts. A shared counter would order the workers'
// operations and so hide data races from -race.
var base = time.Now()

func now() int64 { return int64(time.Since(base)) }

func (d *Driver) playerOf(s Scenario, f *facts, target Target) *player {
	p := &player{d: d, s: s, target: target, rng: d.rng, facts: f, workers: make([]worker, len(s.Workers))}
	for w := range p.workers {
		me := &p.workers[w]
		me.records = make([]Record, len(s.Workers[w]))
		me.sight.steps = &me.steps
		me.rng = rand.New(rand.NewPCG(d.rng.Uint64(), uint64(w)))
	}
	p.final.steps = &d.beats
	p.outcome.Records = make([]Record, 0, s.ops()+len(p.keys)+1)
	p.outcome.Final = make([]Record, 0, len(p.keys))
	return p
}

// empty deletes what may be left or, with many keys, only what the last Loads found.
func (p *player) empty() {
	last := p.outcome.Final
	for i, k := range p.keys {
		if len(p.keys) <= 64 || len(last) != len(p.keys) || last[i].Result.OK {
			p.by(Op{Kind: Delete, Key: k})
		}
	}
}

// by does an operation while no worker does one. If there is no more time for a slow map, it does
// nothing, and the round gets no verdict.
func (p *player) by(op Op) Result {
	if p.cut = p.cut || p.trial == nil && p.d.slow() && p.d.over(); p.cut {
		return Result{Val: Absent}
	}
	p.doing.Store(op.packed())
	p.d.beats.Add(1)
	if p.trial != nil {
		p.trial.begin(0)
		defer p.trial.end(0)
	}
	return p.target.Do(op)
}

// run does the operations of a worker once, or as many as there is time for.
func (p *player) run(w int) {
	me := &p.workers[w]
	returned := false
	defer func() {
		if r := recover(); r != nil {
			me.panic = caught(r)
		} else if !returned && w > 0 {
			me.panic = &panicking{value: "it ends its goroutine, as FailNow of a test does"}
		}
	}()
	for i := range me.delay {
		me.spun += i // keeps the compiler from removing the loop
	}
	for i, op := range p.s.Workers[w] {
		if p.trial != nil {
			p.trial.begin(i)
		} else if (i&63 == 63 || p.d.slow()) && p.d.over() {
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
		if p.trial != nil {
			p.trial.end(i)
		}
		if me.wrong != "" {
			break
		}
	}
	returned = true
}

// mismatch describes a wrong result of the only worker that uses a key.
func (p *player) mismatch(op Op, got, want Result) string {
	s := fmt.Sprintf("%s returned %s: it must be %s", op.Spell(p.d.Namer), got.Spell(op, p.d.Namer), want.Spell(op, p.d.Namer))
	if len(p.workers) > 1 {
		s += ", as no other goroutine uses this key"
	}
	return s
}

// do does an operation other than those on a key that only its worker uses.
func (p *player) do(me *worker, op Op, r *Record) {
	r.Result = Result{Val: Absent}
	switch op.Kind {
	case Pause:
		for range op.Val {
			me.spun++
		}
	case Len:
		r.Result.Val = p.target.Len()
		if p.alone && r.Result.Val != p.present() {
			me.wrong = fmt.Sprintf("Len() returned %d: there are %d entries", r.Result.Val, p.present())
		}
	case Range:
		r.Result.Val, me.wrong = me.sight.look(p, me.rng, op.Val, p.alone)
	case RangeWrites:
		calls := 0
		p.target.Range(func(int, int) bool {
			calls++
			p.target.Do(Op{Kind: filling(calls%2 == 1), Key: op.Key, Val: op.Val})
			return calls < 400 // Range may show what its callback stores, without end
		})
	default:
		r.Result = p.target.Do(op)
		if op.Kind == Clear && p.alone {
			step(p.model, op)
		}
	}
}

// begin prepares a round.
func (p *player) begin() (wrong string) {
	p.bad, p.stack, p.overlooked, p.cut = -1, nil, false, false
	p.outcome.Records, p.outcome.Named = p.outcome.Records[:0], nil
	wrong = p.guarded(p.prepare)
	p.outcome.Final = p.outcome.Final[:0]
	if p.cut || wrong != "" {
		return wrong
	}
	for w := range p.workers {
		me := &p.workers[w]
		me.n, me.wrong, me.panic, me.delay, me.mask = 0, "", nil, 0, -1
		me.at.Store(0)
		switch p.rng.IntN(8) {
		case 0, 1, 2, 3:
			me.delay = p.rng.IntN(1 << p.rng.IntN(mostDelay))
		case 4:
			me.mask = 1<<p.rng.IntN(5) - 1
		}
	}
	p.doing.Store(0)
	return ""
}

// ended judges a round whose workers have returned.
func (p *player) ended() (wrong string) {
	defer p.doing.Store(0)
	wrong, panicked := p.gather()
	if wrong == "" {
		return p.guarded(func() string { return p.conclude("") })
	}
	if p.tells && !panicked {
		p.guarded(func() string { return p.conclude(wrong) }) // for the final state
	}
	return wrong
}

// gather collects the records of the workers, and what these have seen to be wrong.
func (p *player) gather() (wrong string, panicked bool) {
	for w := range p.workers {
		me := &p.workers[w]
		p.outcome.Records = append(p.outcome.Records, me.records[:me.n]...)
		switch {
		case panicked:
		case me.panic != nil:
			op := p.s.Workers[w][me.at.Load()]
			p.outcome.Records = append(p.outcome.Records, Record{Op: op, Worker: w, Open: "panics"})
			panicked, p.bad, p.stack = true, len(p.outcome.Records)-1, me.panic.calls
			wrong = fmt.Sprintf("%s panics: %v", op.Spell(p.d.Namer), me.panic.value)
		case wrong == "" && me.wrong != "":
			wrong, p.bad = me.wrong, len(p.outcome.Records)-1
		}
	}
	if wrong != "" {
		p.outcome.Named = p.outcome.Records[p.bad : p.bad+1 : p.bad+1]
	}
	return wrong, panicked
}

// guarded calls do, before the workers begin or after they have ended. If an operation panics, it
// returns the panic as what is wrong.
func (p *player) guarded(do func() string) (wrong string) {
	defer func() {
		if r := recover(); r != nil {
			c := caught(r)
			p.stack = c.calls
			wrong = fmt.Sprintf("newMap panics: %v", c.value)
			if doing := p.doing.Load(); doing != 0 {
				wrong = fmt.Sprintf("%s panics, when no other goroutine does anything: %v", unpacked(doing).Spell(p.d.Namer), c.value)
			}
		}
	}()
	return do()
}

// prepare brings the map into the state in which the scenario begins.
func (p *player) prepare() (wrong string) {
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
		copy(p.model, p.before)
	}
	if len(p.keys) > 8 || p.rng.IntN(8) > 0 {
		return ""
	}
	// Whatever the last round left would look like a fault of this one.
	for _, k := range p.keys {
		op := Op{Kind: Load, Key: k}
		want := Result{p.before[k], p.before[k] != Absent}
		if got := p.by(op); got != want && !p.loose[k] && !p.cut {
			return fmt.Sprintf("%s returned %s before the workers begin: it must be %s", op.Spell(p.d.Namer), got.Spell(op, p.d.Namer), want.Spell(op, p.d.Namer))
		}
	}
	return ""
}

// conclude loads the final values and, unless the round is known to be wrong, judges it.
func (p *player) conclude(wrong string) string {
	p.loadFinal()
	if wrong == "" {
		wrong = p.judge()
	}
	if wrong == "" && !p.cut && (p.whole || p.rng.IntN(16) == 0) {
		wrong = p.overlook()
		p.overlooked = wrong != ""
	}
	return wrong
}

func (p *player) loadFinal() {
	for _, k := range p.keys {
		r := Record{Op: Op{Kind: Load, Key: k}, Worker: len(p.workers), Call: now()}
		if r.Result = p.by(r.Op); p.cut {
			break
		}
		r.Return = now()
		p.outcome.Final = append(p.outcome.Final, r)
	}
	p.doing.Store(0)
}

// overlook compares Range and Len with the final Loads.
func (p *player) overlook() string {
	for _, r := range p.outcome.Final {
		p.model[r.Op.Key] = r.Result.Val
	}
	p.doing.Store(Op{Kind: Range}.packed())
	if _, wrong := p.final.look(p, p.rng, 0, true); wrong != "" {
		return wrong + ", when all have returned"
	}
	if p.target.Has(Len) {
		p.doing.Store(Op{Kind: Len}.packed())
		if got, present := p.target.Len(), p.present(); got != present {
			return fmt.Sprintf("Len() returned %d when all have returned: there are %d entries", got, present)
		}
	}
	return ""
}
