package bench

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	mapKeys    = 64
	mapVals    = 1024 // as many as leaktest/mapfuzz has
	mapWorkers = 4
)

func newDriver() *mapdrive.Driver {
	return &mapdrive.Driver{New: newSyncMap, Namer: numbers{}, Keys: mapKeys, Vals: mapVals, Workers: mapWorkers, Seed: 1}
}

// numbers spells keys and values as what they are.
type numbers struct{}

func (numbers) Key(n int) string { return strconv.Itoa(n) }
func (numbers) Val(n int) string { return strconv.Itoa(n) }

// A player plays on a map and judges. It returns what is wrong with the map or why that
// can't be told.
type player func(mapdrive.Target) (report string)

// played plays rounds of a scenario.
func played(d *mapdrive.Driver, s mapdrive.Scenario, target mapdrive.Target, rounds int) (report string) {
	if f := d.Play(s, target, rounds); f != nil {
		return f.What
	}
	return strings.Join(d.Notes(), "; ")
}

// history is what is driven, and what has come of it once.
var history struct {
	scenario mapdrive.Scenario
	outcome  mapdrive.Outcome
}

// compose makes a history of n operations.
func compose(n int) (release func()) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	workers := make([][]mapdrive.Op, mapWorkers)
	for i := range n {
		w := i % mapWorkers
		workers[w] = append(workers[w], mapdrive.Op{
			Kind: mapdrive.Kind(rng.IntN(int(mapdrive.LastOfKey) + 1)), Key: rng.IntN(mapKeys), Val: rng.IntN(mapVals), Old: rng.IntN(mapVals),
		})
	}
	history.scenario = mapdrive.Scenario{Workers: workers}
	history.outcome = newDriver().Record(history.scenario, newSyncMap())
	return func() { history.scenario, history.outcome = mapdrive.Scenario{}, mapdrive.Outcome{} }
}

func historyCases() []Case {
	all := []Case{{Body: "history", By: "floor", Bench: body(performer(history.scenario))}}
	for _, c := range historyPlayers() {
		target := newSyncMap()
		all = append(all, Case{Body: "history", By: c.by, Bench: loop(func() string { return wrongly(c.do(target)) })})
	}
	for _, c := range historyJudges() {
		all = append(all, Case{Body: "recorded", By: c.by, Bench: loop(func() string { return wrongly(c.do(history.outcome)) })})
	}
	return all
}

// historyPlayers play the history once and judge it. The goroutines that play it are
// new each time.
func historyPlayers() []named[player] {
	return []named[player]{
		{"driver", func(target mapdrive.Target) string { return played(newDriver(), history.scenario, target, 1) }},
		{"porcupine", func(target mapdrive.Target) string {
			return unexplained(byPorcupine(newDriver().Record(history.scenario, target)))
		}},
	}
}

// historyJudges judge one that is recorded.
func historyJudges() []named[func(mapdrive.Outcome) (report string)] {
	return []named[func(mapdrive.Outcome) string]{
		{"driver", func(o mapdrive.Outcome) string { return unexplained(o.Explained(history.scenario)) }},
		{"porcupine", func(o mapdrive.Outcome) string { return unexplained(byPorcupine(o)) }},
	}
}

func unexplained(explained bool) (report string) {
	if explained {
		return ""
	}
	return "no order of the operations explains what they have returned"
}

// specification is that of one key of a map that was empty.
var specification = porcupine.Model{
	Init: func() any { return mapdrive.Absent },
	Step: func(state, input, output any) (bool, any) {
		next, want := mapdrive.Step(state.(int), input.(mapdrive.Op))
		return want == output.(mapdrive.Result), next
	},
}

// byPorcupine asks porcupine for each key after the other. Its own Partition would use
// all processors, and so be no measure of the work.
func byPorcupine(o mapdrive.Outcome) (explained bool) {
	byKey := make([][]porcupine.Operation, mapKeys)
	for _, records := range [][]mapdrive.Record{o.Records, o.Final} {
		for _, r := range records {
			byKey[r.Op.Key] = append(byKey[r.Op.Key], porcupine.Operation{
				ClientId: r.Worker, Input: r.Op, Output: r.Result, Call: r.Call, Return: r.Return,
			})
		}
	}
	for _, operations := range byKey {
		if !porcupine.CheckOperations(specification, operations) {
			return false
		}
	}
	return true
}

// duelScenarios are played in turns.
const duelScenarios = 64

// duels are what is driven.
var duels struct {
	scenarios []mapdrive.Scenario
	rounds    int // of each
}

// challenge makes scenarios of which n rounds are played in all.
func challenge(n int) (release func()) {
	duels.scenarios, duels.rounds = newDriver().Scenarios("duel", duelScenarios), n/duelScenarios
	return func() { duels.scenarios = nil }
}

// duelCases have a floor whose goroutines seldom meet: that costs nothing and finds
// nothing.
func duelCases() []Case {
	var performers []func()
	for _, s := range duels.scenarios {
		performers = append(performers, performer(s))
	}
	target := newSyncMap()
	return []Case{
		{Body: "duel", By: "floor", Bench: body(func() {
			for _, perform := range performers {
				for range duels.rounds {
					perform()
				}
			}
		})},
		{Body: "duel", By: "driver", Bench: loop(func() string { return wrongly(playDuels(target)) })},
	}
}

// playDuels needs a free processor for each worker, as they wait for each other
// spinning: where others are at work its time is the scheduler's.
func playDuels(target mapdrive.Target) (report string) {
	d := newDriver()
	for _, s := range duels.scenarios {
		if report := played(d, s, target, duels.rounds); report != "" {
			return report
		}
	}
	return ""
}

// performer returns what does what a scenario says as one writes it by hand, with new
// goroutines each time; it records nothing and judges nothing. It begins with a map that
// is new or empty, as the driver does.
func performer(s mapdrive.Scenario) (perform func()) {
	m, keys := new(syncMap), s.Keys()
	do := func(ops []mapdrive.Op) {
		for _, op := range ops {
			if op.Kind == mapdrive.Range {
				m.Range(func(int, int) bool { return true })
			} else {
				m.Do(op)
			}
		}
	}
	return func() {
		if s.Fresh {
			m = new(syncMap)
		} else {
			for _, k := range keys {
				m.m.Delete(k)
			}
		}
		do(s.Setup)
		var wg sync.WaitGroup
		for _, ops := range s.Workers {
			wg.Go(func() { do(ops) })
		}
		wg.Wait()
	}
}

// A syncMap is a sync.Map as the driver of maps sees it.
type syncMap struct{ m sync.Map }

var _ mapdrive.Target = (*syncMap)(nil)

func newSyncMap() mapdrive.Target { return new(syncMap) }

func (s *syncMap) Has(k mapdrive.Kind) bool { return k != mapdrive.Len }
func (s *syncMap) Len() int                 { panic("bench: a sync.Map has no Len") }

func (s *syncMap) Do(op mapdrive.Op) mapdrive.Result {
	switch op.Kind {
	case mapdrive.Load:
		return result(s.m.Load(op.Key))
	case mapdrive.Store:
		s.m.Store(op.Key, op.Val)
	case mapdrive.Delete:
		s.m.Delete(op.Key)
	case mapdrive.LoadOrStore:
		return result(s.m.LoadOrStore(op.Key, op.Val))
	case mapdrive.LoadAndDelete:
		return result(s.m.LoadAndDelete(op.Key))
	case mapdrive.Swap:
		return result(s.m.Swap(op.Key, op.Val))
	case mapdrive.CompareAndSwap:
		return mapdrive.Result{Val: mapdrive.Absent, OK: s.m.CompareAndSwap(op.Key, op.Old, op.Val)}
	case mapdrive.CompareAndDelete:
		return mapdrive.Result{Val: mapdrive.Absent, OK: s.m.CompareAndDelete(op.Key, op.Old)}
	case mapdrive.Clear:
		s.m.Clear()
	}
	return mapdrive.Result{Val: mapdrive.Absent}
}

func (s *syncMap) Range(f func(key, val int) bool) {
	s.m.Range(func(key, val any) bool { return f(key.(int), val.(int)) })
}

// result has no value where there is none; a LoadOrStore that has stored returns one.
func result(v any, ok bool) mapdrive.Result {
	if v == nil {
		return mapdrive.Result{Val: mapdrive.Absent, OK: ok}
	}
	return mapdrive.Result{Val: v.(int), OK: ok}
}

// A lossy map loses some updates.
type lossy struct{ syncMap }

func (l *lossy) Do(op mapdrive.Op) mapdrive.Result {
	if op.Kind == mapdrive.Store && op.Val%8 == 1 {
		return mapdrive.Result{Val: mapdrive.Absent}
	}
	return l.syncMap.Do(op)
}

// TestMapPlayers shows that what is measured does check: each finds an update that is
// lost, and nothing when none is.
func TestMapPlayers(t *testing.T) {
	defer compose(1_000)()
	defer challenge(duelScenarios)()
	for _, c := range append(historyPlayers(), named[player]{"duel", playDuels}) {
		t.Run(c.by, func(t *testing.T) {
			if report := c.do(newSyncMap()); report != "" {
				t.Error(wrongly(report))
			}
			if c.do(new(lossy)) == "" {
				t.Error("it does not see an update that is lost")
			}
		})
	}
}

// TestHistoryJudges shows the same of those that are given what was recorded.
func TestHistoryJudges(t *testing.T) {
	defer compose(1_000)()
	lost := newDriver().Record(history.scenario, new(lossy))
	for _, c := range historyJudges() {
		t.Run(c.by, func(t *testing.T) {
			if report := c.do(history.outcome); report != "" {
				t.Error(wrongly(report))
			}
			if c.do(lost) == "" {
				t.Error("it does not see an update that is lost")
			}
		})
	}
}
