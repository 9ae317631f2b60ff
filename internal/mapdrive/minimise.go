package mapdrive

import (
	"cmp"
	"slices"
	"time"
)

const (
	// A smaller scenario counts as one that does not fail if it passes for trusted times as long
	// as the failure took, within these bounds.
	trusted       = 5
	leastTry      = 10 * time.Millisecond
	mostTry       = 400 * time.Millisecond
	minimiseTime  = 4 * time.Second
	frequencyTime = 300 * time.Millisecond
)

// A minimiser makes a scenario smaller while it still fails.
type minimiser struct {
	d    *Driver
	end  time.Time
	best *Failure
	// play looks for a failure of a scenario for a time.
	play func(s Scenario, d time.Duration) *Failure
	// setup says that the setup is to become smaller, too, as it takes time in each round.
	setup bool
	// patience multiplies the time for which a scenario is played.
	patience time.Duration
}

// minimise makes the scenario of a failure as small as it can and counts how often it fails.
func (d *Driver) minimise(f *Failure) (least *Failure) {
	if f.Scenario == nil || f.Rounds == 0 {
		return f
	}
	d.found.Store(f)
	defer d.found.Store(nil)
	m := &minimiser{d: d, end: time.Now().Add(minimiseTime), best: f, patience: 1, play: d.playFor}
	defer func() {
		if recover() != nil { // newMap panics: keep what was found
			least = m.best
		}
	}()
	if !m.near() {
		m.cut()
	}
	m.smaller()
	return m.frequency()
}

// An Effort says how hard to look for a failure of a scenario.
type Effort int

const (
	Hasty Effort = iota
	Usual
	Thorough
)

// MinimiseBy makes the scenario of a failure as small as it can until end. explore looks for a failure
// of a scenario, with more effort when less finds no smaller one.
func (d *Driver) MinimiseBy(explore func(Scenario, Effort) *Failure, f *Failure, end time.Time) *Failure {
	m := &minimiser{d: d, end: end, best: f, setup: true}
	effort := Hasty
	m.play = func(s Scenario, _ time.Duration) *Failure { return explore(s, effort) }
	for ; effort < Thorough; effort++ {
		m.less()
	}
	m.less()
	m.plainer()
	m.renamed()
	return m.best
}

// size is how many operations the best scenario has that the minimiser counts.
func (m *minimiser) size() int {
	if m.setup {
		return m.best.Scenario.ops() + len(m.best.Scenario.Setup)
	}
	return m.best.Scenario.ops()
}

// smaller removes what the failure does not need.
func (m *minimiser) smaller() {
	for _, m.patience = range []time.Duration{1, 4} { // the second pass plays longer, for scenarios that fail rarely
		m.less()
	}
	m.plainer()
	m.renamed()
}

// less removes workers, keys and operations as long as this makes the scenario smaller.
func (m *minimiser) less() {
	for before := m.size() + 1; before > m.size(); {
		before = m.size()
		m.workers()
		m.keys()
		m.operations()
	}
}

// playFor plays a scenario for a time.
func (d *Driver) playFor(s Scenario, within time.Duration) *Failure {
	d.until = time.Now().Add(within)
	d.spare.Store(nil) // what a failure leaves in a map would fail again
	rounds := 1 << 30
	if len(s.Workers) == 1 { // rounds of one worker differ only by the map's own randomness, if any
		rounds = 8
	}
	return d.playOut(s, d.New(), rounds)
}

// fails plays a scenario, and keeps it as the best one if it fails.
func (m *minimiser) fails(s Scenario) bool {
	return m.failsWithin(s, m.patience*min(max(trusted*m.best.took, leastTry), mostTry))
}

func (m *minimiser) failsWithin(s Scenario, d time.Duration) bool {
	if time.Now().After(m.end) || len(s.Workers) == 0 {
		return false
	}
	f := m.play(s, min(d, time.Until(m.end)))
	if f == nil || f.Rounds == 0 { // a data race, not the failure
		return false
	}
	m.best = f
	return true
}

// near tries scenarios of only the last operations on the key before the wrong record. Played
// often, they usually fail sooner than the scenario in which they were found.
func (m *minimiser) near() bool {
	f := m.best
	if f.bad < 0 || f.Scenario.ops() <= 8 {
		return false
	}
	bad := f.Outcome.Records[f.bad]
	if bad.Return == 0 || bad.Op.Kind > LastOfKey {
		return false // there are no times, or there is no key
	}
	key := bad.Op.Key
	its := slices.DeleteFunc(f.Outcome.of(key), func(r Record) bool { return r.Worker >= len(f.Scenario.Workers) || r.Call > bad.Return })
	slices.SortStableFunc(its, func(a, b Record) int { return cmp.Compare(a.Call, b.Call) })
	setups := [][]Op{nil, {{Kind: Store, Key: key, Val: 0}}}
	for n := 2; n <= 12 && n <= len(its); n += 1 + n/4 {
		workers := make([][]Op, len(f.Scenario.Workers))
		for _, r := range its[len(its)-n:] {
			workers[r.Worker] = append(workers[r.Worker], r.Op)
		}
		workers = atWork(workers)
		for _, setup := range setups {
			if len(workers) > 1 && m.failsWithin(Scenario{Setup: setup, Workers: workers}, 50*time.Millisecond) {
				return true
			}
		}
	}
	return m.fails(f.Scenario.filter(func(op *Op) bool { return op.ofKey() && op.Key == key }))
}

// cut removes the operations after the failure.
func (m *minimiser) cut() {
	s := *m.best.Scenario
	if m.best.bad < 0 {
		return
	}
	records := m.best.Outcome.Records[:m.best.bad+1]
	bad := records[m.best.bad].Worker
	done := len(Outcome{Records: records}.By(bad))
	all := len(s.Workers[bad])
	s.Workers = slices.Clone(s.Workers)
	for w, ops := range s.Workers {
		n := done
		if w != bad {
			n = min(len(ops), done*len(ops)/all+1)
		}
		s.Workers[w] = ops[:n:n]
	}
	m.fails(s)
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

// keys removes all operations on some keys.
func (m *minimiser) keys() {
	shrink(m.best.Scenario.Keys(), func(keys []int) bool {
		return m.fails(m.best.Scenario.filter(func(op *Op) bool {
			_, kept := slices.BinarySearch(keys, op.Key)
			return kept || !op.ofKey()
		}))
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

// plainer replaces operations by simpler ones that do part of the same.
func (m *minimiser) plainer() {
	if m.best.Scenario.ops() > 16 {
		return
	}
	instead := map[Kind][]Kind{
		LoadOrStore: {Load, Store}, LoadAndDelete: {Load, Delete}, Swap: {Store}, CompareAndSwap: {Store, Load}, CompareAndDelete: {Delete, Load}, Clear: {Delete},
	}
	for w := range m.best.Scenario.Workers {
		for i, op := range m.best.Scenario.Workers[w] {
			for _, op.Kind = range instead[op.Kind] {
				ops := slices.Clone(m.best.Scenario.Workers[w])
				ops[i] = op
				if m.fails(m.best.Scenario.with(w, ops)) {
					break
				}
			}
		}
	}
}

// renamed numbers keys and values in the order in which they appear and puts the busiest worker
// first, if the scenario still fails. So the same fault is reported in the same way each time.
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

// numbered returns the scenario with keys and values numbered from 0.
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
	return s.filter(func(op *Op) bool {
		if op.ofKey() {
			op.Key = number(keys, op.Key)
		}
		for _, v := range op.Values() {
			*v = number(vals, *v)
		}
		return true
	})
}

// frequency counts how often the minimised scenario fails.
func (m *minimiser) frequency() *Failure {
	best := *m.best
	m.d.until = time.Now().Add(max(frequencyTime, min(trusted*best.took, 2*time.Second)))
	b := m.d.newBurst(*best.Scenario, m.d.New())
	defer b.stop()
	best.Rounds, best.Failed = 0, 0
	for !m.d.over() {
		best.Rounds += len(b.copies)
		if _, wrong := b.play(); wrong != "" {
			best.Failed++
		}
	}
	best.Failed = max(1, best.Failed) // it has failed before
	return &best
}

// shrink removes parts while the rest still fails. This is delta debugging: see Zeller and
// Hildebrandt, Simplifying and isolating failure-inducing input (2002).
func shrink[T any](all []T, fails func([]T) bool) []T {
	for size := max(1, len(all)/2); size > 0; {
		removed := false
		for at := 0; at+size <= len(all); {
			without := slices.Delete(slices.Clone(all), at, at+size)
			if fails(without) {
				all, removed = without, true
				continue
			}
			at += size
		}
		if !removed || size > len(all)/2 {
			size /= 2
		}
	}
	return all
}
