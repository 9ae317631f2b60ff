package mapdrive

import (
	"cmp"
	"slices"
	"time"
)

const (
	// A smaller scenario is played for so many times as long as it takes to fail
	// before it counts as one that does not, and within these bounds.
	trusted       = 5
	leastTry      = 10 * time.Millisecond
	mostTry       = 400 * time.Millisecond
	minimiseTime  = 4 * time.Second
	frequencyTime = 300 * time.Millisecond
)

// A minimiser makes a scenario smaller for as long as what is left still fails.
type minimiser struct {
	d    *Driver
	end  time.Time
	best *Failure
	// patience is how many times as long as usual a scenario is played.
	patience time.Duration
}

// minimise makes the scenario of a failure as small as it can and finds out how
// often it fails.
func (d *Driver) minimise(f *Failure) *Failure {
	if f.Scenario == nil || f.Rounds == 0 {
		return f
	}
	d.found.Store(f)
	defer d.found.Store(nil)
	m := &minimiser{d: d, end: time.Now().Add(minimiseTime), best: f, patience: 1}
	if !m.near() {
		m.cut()
	}
	for _, m.patience = range []time.Duration{1, 4} { // what seldom fails gets a second chance to
		for ops := m.best.Scenario.ops() + 1; ops > m.best.Scenario.ops(); {
			ops = m.best.Scenario.ops()
			m.workers()
			m.keys()
			m.operations()
		}
	}
	m.plainer()
	m.renamed()
	return m.frequency()
}

// fails plays a scenario, and keeps it if it fails.
func (m *minimiser) fails(s Scenario) bool {
	return m.failsWithin(s, m.patience*min(max(trusted*m.best.took, leastTry), mostTry))
}

func (m *minimiser) failsWithin(s Scenario, d time.Duration) (fails bool) {
	defer func() {
		if recover() != nil { // newMap panics: what was found stays
			fails = false
		}
	}()
	if time.Now().After(m.end) || len(s.Workers) == 0 {
		return false
	}
	m.d.until = time.Now().Add(d)
	if m.d.until.After(m.end) {
		m.d.until = m.end
	}
	rounds := 1 << 30
	if len(s.Workers) == 1 { // only the map's own chance, if any, makes one unlike the other
		rounds = 8
	}
	f := m.d.playOut(s, m.d.New(), rounds)
	if f == nil {
		return false
	}
	if f.Rounds == 0 { // a data race in place of what has failed
		return false
	}
	m.best = f
	return true
}

// near makes scenarios of the few operations on the key before the one that no order
// explains: played often, they mostly fail sooner than what they were found in.
func (m *minimiser) near() bool {
	f := m.best
	if f.bad.worker < 0 || f.Scenario.ops() <= 8 {
		return false
	}
	var of Record
	n := f.bad.op
	for _, r := range f.Outcome.Records {
		if r.Worker == f.bad.worker {
			if n == 0 {
				of = r
			}
			n--
		}
	}
	if of.Return == 0 || of.Op.Kind > LastOfKey {
		return false // there are no times, or no key
	}
	its := slices.DeleteFunc(f.Outcome.of(of.Op.Key), func(r Record) bool { return r.Worker >= len(f.Scenario.Workers) || r.Call > of.Return })
	slices.SortStableFunc(its, func(a, b Record) int { return cmp.Compare(a.Call, b.Call) })
	key := of.Op.Key
	setups := [][]Op{nil, {{Kind: Store, Key: key, Val: 0}}}
	for n := 2; n <= 12 && n <= len(its); n += 1 + n/4 {
		for _, setup := range setups {
			s := Scenario{Setup: setup, Workers: make([][]Op, len(f.Scenario.Workers))}
			for _, r := range its[len(its)-n:] {
				s.Workers[r.Worker] = append(s.Workers[r.Worker], r.Op)
			}
			s.Workers = slices.DeleteFunc(s.Workers, func(ops []Op) bool { return len(ops) == 0 })
			if len(s.Workers) > 1 && m.failsWithin(s, 50*time.Millisecond) {
				return true
			}
		}
	}
	return m.fails(f.Scenario.mapped(func(op Op) (Op, bool) { return op, op.ofKey() && op.Key == key }))
}

// cut leaves out what was done after the failure.
func (m *minimiser) cut() {
	s := *m.best.Scenario
	bad := m.best.bad
	if bad.worker < 0 {
		return
	}
	n := bad.op + 1
	share := float64(n) / float64(len(s.Workers[bad.worker]))
	less := Scenario{Setup: s.Setup, Fresh: s.Fresh}
	for w, ops := range s.Workers {
		if w != bad.worker {
			n = min(len(ops), int(share*float64(len(ops)))+1)
		}
		less.Workers = append(less.Workers, ops[:n:n])
		n = bad.op + 1
	}
	m.fails(less)
}

func (m *minimiser) workers() {
	for w := len(m.best.Scenario.Workers) - 1; w >= 0; w-- {
		if s := m.best.Scenario; len(s.Workers) > 1 && w < len(s.Workers) {
			m.fails(Scenario{Setup: s.Setup, Workers: slices.Delete(slices.Clone(s.Workers), w, w+1), Fresh: s.Fresh})
		}
	}
	if s := *m.best.Scenario; s.Fresh && len(s.Workers) > 1 {
		s.Fresh = false
		m.fails(s)
	}
}

// keys leaves out all that is done to some keys.
func (m *minimiser) keys() {
	shrink(m.best.Scenario.Keys(), func(keys []int) bool {
		kept := make(map[int]bool)
		for _, k := range keys {
			kept[k] = true
		}
		return m.fails(m.best.Scenario.mapped(func(op Op) (Op, bool) { return op, !op.ofKey() || kept[op.Key] }))
	})
}

func (m *minimiser) operations() {
	for w := 0; w < len(m.best.Scenario.Workers); w++ {
		shrink(m.best.Scenario.Workers[w], func(ops []Op) bool {
			return len(ops) > 0 && m.fails(m.best.Scenario.with(w, ops))
		})
	}
	shrink(m.best.Scenario.Setup, func(ops []Op) bool {
		s := *m.best.Scenario
		s.Setup = ops
		return m.fails(s)
	})
}

// plainer has plainer operations in place of those that do the same and more.
func (m *minimiser) plainer() {
	if m.best.Scenario.ops() > 16 {
		return
	}
	instead := map[Kind][]Kind{
		LoadOrStore: {Load, Store}, LoadAndDelete: {Load, Delete}, Swap: {Store}, CompareAndSwap: {Store, Load}, CompareAndDelete: {Delete, Load}, Clear: {Delete},
	}
	for w := range m.best.Scenario.Workers {
		for i := range m.best.Scenario.Workers[w] {
			for _, kind := range instead[m.best.Scenario.Workers[w][i].Kind] {
				ops := slices.Clone(m.best.Scenario.Workers[w])
				ops[i].Kind = kind
				if m.fails(m.best.Scenario.with(w, ops)) {
					break
				}
			}
		}
	}
}

// renamed numbers keys and values as they appear, and puts the worker that does most
// first, if that fails as well, so that one fault is told in the same way each time.
func (m *minimiser) renamed() {
	s := *m.best.Scenario
	if s.ops() <= 16 {
		s.Workers = slices.Clone(s.Workers)
		slices.SortStableFunc(s.Workers, func(a, b []Op) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), slices.CompareFunc(a, b, func(a, b Op) int { return int(a.Kind - b.Kind) }))
		})
	}
	if !m.fails(numbered(s)) {
		m.fails(numbered(*m.best.Scenario))
	}
}

// numbered is the scenario with the first keys and values there are.
func numbered(s Scenario) Scenario {
	keys, vals := make(map[int]int), make(map[int]int)
	number := func(in map[int]int, x int) int {
		if x < 0 {
			return x
		}
		if _, ok := in[x]; !ok {
			in[x] = len(in)
		}
		return in[x]
	}
	return s.mapped(func(op Op) (Op, bool) {
		if op.ofKey() {
			op.Key = number(keys, op.Key)
		}
		switch op.Kind {
		case CompareAndSwap:
			op.Old, op.Val = number(vals, op.Old), number(vals, op.Val)
		case CompareAndDelete:
			op.Old = number(vals, op.Old)
		case Store, Swap, LoadOrStore, RangeWrites:
			op.Val = number(vals, op.Val)
		}
		return op, true
	})
}

// frequency finds out how often what is left fails.
func (m *minimiser) frequency() (f *Failure) {
	best := *m.best
	defer func() {
		if recover() != nil { // newMap panics
			f = m.best
		}
	}()
	m.d.until = time.Now().Add(max(frequencyTime, min(trusted*best.took, 2*time.Second)))
	p := m.d.newPlayer(*best.Scenario, m.d.New())
	defer p.stop()
	best.Rounds, best.Failed = 0, 0
	for !m.d.over() {
		best.Rounds++
		if p.play() != "" {
			best.Failed++
		}
	}
	if best.Failed == 0 { // it has before
		best.Failed = 1
	}
	return &best
}

// A place is that of an operation in a scenario; worker is -1 for none.
type place struct{ worker, op int }
