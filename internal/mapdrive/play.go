package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
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

	round   atomic.Int64 // that is played; -1 when there is none any more
	workers []worker
	keys    []int
	outcome Outcome
	check   checker
	perKey  []Record
}

type worker struct {
	done    atomic.Int64 // the last round that it has played
	at      atomic.Int64 // the operation that is under way, for who looks when it is stuck
	records []Record
	delay   int
	spun    int
	panic   any
	_       [64]byte // a line of the cache for each
}

// base is where the clock of all records starts. A counter that all workers share
// would order their operations, and so hide data races from -race.
var base = time.Now()

func now() int64 { return int64(time.Since(base)) }

// newPlayer begins: stop must be called.
func (d *Driver) newPlayer(s Scenario, target Target) *player {
	p := &player{d: d, s: s, target: target, rng: d.rng, workers: make([]worker, len(s.Workers)), keys: s.keys()}
	for w := range p.workers {
		p.workers[w].records = make([]Record, len(s.Workers[w]))
	}
	p.outcome.Records = make([]Record, 0, s.ops())
	p.outcome.Final = make([]Record, 0, len(p.keys))
	for w := 1; w < len(p.workers); w++ {
		go p.work(w)
	}
	return p
}

func (p *player) stop() { p.round.Store(-1) }

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

// run does the operations of a worker once.
func (p *player) run(w int) {
	me := &p.workers[w]
	defer func() {
		if r := recover(); r != nil {
			me.panic = fmt.Sprintf("%v\n%s", r, debug.Stack())
		}
	}()
	for i := range me.delay {
		me.spun += i // or the compiler leaves it out
	}
	for i, op := range p.s.Workers[w] {
		me.at.Store(int64(i))
		r := &me.records[i]
		r.Op, r.Worker = op, w
		r.Call = now()
		r.Result = p.target.Do(op)
		r.Return = now()
	}
}

// setUp puts the map into the state that the scenario begins with.
func (p *player) setUp() {
	if p.s.Fresh {
		p.target = p.d.fresh()
	} else {
		for _, k := range p.keys {
			p.target.Do(Op{Kind: Delete, Key: k})
		}
	}
	for _, op := range p.s.Setup {
		p.target.Do(op)
	}
}

// play plays one round; wrong says what is wrong with it.
func (p *player) play() (wrong string) {
	p.d.main.n.Add(1)
	p.setUp()
	for w := range p.workers {
		p.workers[w].delay = 0
		if p.rng.IntN(2) == 0 {
			p.workers[w].delay = p.rng.IntN(200)
		}
	}
	round := p.round.Add(1)
	p.run(0)
	for w := 1; w < len(p.workers); w++ {
		for spins := 0; p.workers[w].done.Load() < round; spins++ {
			pause(spins)
		}
	}
	p.outcome.Records, p.outcome.Final = p.outcome.Records[:0], p.outcome.Final[:0]
	for w := range p.workers {
		if r := p.workers[w].panic; r != nil {
			return fmt.Sprintf("%s panics: %v", p.s.Workers[w][p.workers[w].at.Load()].Spell(p.d.Namer), r)
		}
		p.outcome.Records = append(p.outcome.Records, p.workers[w].records...)
	}
	for _, k := range p.keys {
		r := Record{Op: Op{Kind: Load, Key: k}, Call: now()}
		r.Result = p.target.Do(r.Op)
		r.Return = now()
		p.outcome.Final = append(p.outcome.Final, r)
	}
	return p.judge()
}

// judge says what is wrong with the outcome.
func (p *player) judge() (wrong string) {
	for _, k := range p.keys {
		p.perKey = p.perKey[:0]
		for _, r := range p.outcome.Records {
			if r.Op.Key == k {
				p.perKey = append(p.perKey, r)
			}
		}
		for _, r := range p.outcome.Final {
			if r.Op.Key == k {
				p.perKey = append(p.perKey, r)
			}
		}
		before := p.s.before(k)
		if ok, bad := p.check.check(p.perKey, before); !ok {
			return words(p.perKey, bad, before, p.d.Namer)
		}
	}
	return ""
}

// copied is the outcome with memory of its own.
func (o Outcome) copied() Outcome {
	return Outcome{append([]Record(nil), o.Records...), append([]Record(nil), o.Final...)}
}
