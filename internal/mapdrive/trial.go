package mapdrive

import (
	"fmt"
	"slices"
)

// freshKeys is how many keys that a scenario does not use are stored and deleted after it: a broken
// table may show only then.
const freshKeys = 3

// mostFresh bounds how often fresh keys are stored and deleted after a setup of many operations, beside which
// that takes no time: a table that has become too small may show only when it has become smaller several times more.
const mostFresh = 8

// A Trial plays a scenario under a scheduler, which runs one worker at a time. Prepare makes a new map
// for each round. Then come Setup, Work for each worker, and After, in this order; and Judge at last.
type Trial struct {
	p          *player
	begin, end func(op int)
	fresh      []int
	after      []int  // the final values by key, instead of the player's model
	wrong      string // what After has seen
	panicked   bool
}

// NewTrial returns a trial of a scenario. begin and end are called before and after each operation of
// a worker.
func (d *Driver) NewTrial(s Scenario, begin, end func(op int)) *Trial {
	s.Fresh = true
	if d.rng == nil {
		d.begin()
	}
	t := &Trial{p: d.playerOf(s, newFacts(s), nil), begin: begin, end: end}
	t.p.trial = t
	for k := d.Keys - 1; k >= 0 && len(t.fresh) < freshKeys; k-- {
		if _, used := slices.BinarySearch(t.p.keys, k); !used {
			t.fresh = append(t.fresh, k)
		}
	}
	return t
}

// Prepare forgets the last round.
func (t *Trial) Prepare() {
	p := t.p
	p.bad, p.stack, p.overlooked = -1, nil, false
	p.outcome = Outcome{Records: p.outcome.Records[:0], Final: p.outcome.Final[:0]}
	p.doing.Store(0)
	copy(p.model, p.before)
	for w := range p.workers {
		me := &p.workers[w]
		me.n, me.wrong, me.panic, me.delay, me.mask = 0, "", nil, 0, -1
		me.at.Store(0)
	}
	t.wrong, t.panicked = "", false
}

// Setup makes the map and does the operations of the setup.
func (t *Trial) Setup() {
	t.wrong = t.p.guarded(func() string {
		t.p.target = t.p.d.New()
		for _, op := range t.p.s.Setup {
			t.p.by(op)
		}
		t.p.doing.Store(0)
		return ""
	})
}

// Work does the operations of a worker.
func (t *Trial) Work(w int) {
	if t.wrong == "" {
		t.p.run(w)
	}
}

// After loads the final values, and looks at the map once all workers have returned.
func (t *Trial) After() {
	if t.wrong != "" {
		return
	}
	p := t.p
	if t.wrong, t.panicked = p.gather(); t.panicked {
		return
	}
	wrong := p.guarded(func() string {
		p.loadFinal()
		if t.wrong != "" {
			return ""
		}
		t.begin(0)
		wrong := t.overlook()
		t.end(0)
		if wrong == "" {
			wrong = t.alive()
		}
		p.overlooked = wrong != ""
		return wrong
	})
	if t.wrong == "" {
		t.wrong = wrong
	}
}

// overlook leaves the player's model to Judge.
func (t *Trial) overlook() string {
	model := t.p.model
	defer func() { t.p.model = model }()
	t.after = append(t.after[:0], model...)
	t.p.model = t.after
	return t.p.overlook()
}

// alive stores keys that the scenario does not use, and deletes them again.
func (t *Trial) alive() string {
	p := t.p
	if len(t.fresh) == 0 {
		return ""
	}
	for i := range max(len(t.fresh), min(len(p.s.Setup)/16, mostFresh)) {
		k, val := t.fresh[i%len(t.fresh)], i%p.d.Vals
		for _, step := range []struct {
			op   Op
			want Result
		}{
			{Op{Kind: Store, Key: k, Val: val}, Result{Absent, false}}, {Op{Kind: Load, Key: k}, Result{val, true}},
			{Op{Kind: Delete, Key: k}, Result{Absent, false}}, {Op{Kind: Load, Key: k}, Result{Absent, false}},
		} {
			if got := p.by(step.op); got != step.want {
				return fmt.Sprintf("%s returned %s after all have returned: it must be %s", step.op.Spell(p.d.Namer), got.Spell(step.op, p.d.Namer), step.want.Spell(step.op, p.d.Namer))
			}
		}
	}
	return ""
}

// Times sets when an operation of a worker was called and has returned.
func (t *Trial) Times(w, op int, call, ret int64) {
	if me := &t.p.workers[w]; op < me.n {
		me.records[op].Call, me.records[op].Return = call, ret
	}
}

// Judge returns what is wrong with the round, "" if nothing.
func (t *Trial) Judge() string {
	p := t.p
	if t.wrong != "" && !p.overlooked {
		return t.wrong
	}
	records := p.outcome.Records[:0]
	for w := range p.workers { // with their times
		records = append(records, p.workers[w].records[:p.workers[w].n]...)
	}
	p.outcome.Records = records
	for i := range p.outcome.Final {
		p.outcome.Final[i].Call, p.outcome.Final[i].Return = afterAll, afterAll+1
	}
	if wrong := p.judge(); wrong != "" {
		p.overlooked = false
		return wrong
	}
	return t.wrong
}

// afterAll is a time after all operations of the workers.
const afterAll = 1 << 40

// Failure returns the failure of the last round. open says of operations that did not return, by
// worker, that they are open.
func (t *Trial) Failure(what string, open map[int]int) *Failure {
	p := t.p
	if len(open) > 0 {
		p.outcome.Records = p.outcome.Records[:0]
		for w := range p.workers {
			me := &p.workers[w]
			p.outcome.Records = append(p.outcome.Records, me.records[:me.n]...)
			if at, ok := open[w]; ok {
				r := Record{Op: p.s.Workers[w][at], Worker: w, Open: "does not return"}
				p.outcome.Records = append(p.outcome.Records, r)
				p.outcome.Named = append(p.outcome.Named, r)
			}
		}
	}
	o, s := p.outcome.copied(), p.s
	return &Failure{What: what, Scenario: &s, Outcome: &o, Stacks: p.stack, Overlooked: p.overlooked, Rounds: 1, Failed: 1, bad: p.bad}
}

// Alone returns the operation that is done while no worker does one, as a call; "" if there is none.
func (t *Trial) Alone() string {
	if doing := t.p.doing.Load(); doing != 0 {
		return t.Spell(unpacked(doing))
	}
	return ""
}

// RaceErrors returns how many data races the race detector has reported in this process.
func RaceErrors() int { return raceErrors() }

// Spell writes an operation as a call.
func (t *Trial) Spell(op Op) string { return op.Spell(t.p.d.Namer) }
