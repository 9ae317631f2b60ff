package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// recorded are some operations.
var recorded = []Op{{Kind: Store, Key: 1, Val: 2}, {Kind: Len}, {Kind: Range}, {Kind: Swap, Key: 1, Val: 3}, {Kind: Clear}, {Kind: Load, Key: 1}}

// A round that is recorded has all operations and their times.
func TestRecord(t *testing.T) {
	d, ops := driver(newLocked), recorded
	for _, s := range []Scenario{
		{Setup: []Op{{Kind: Store, Key: 1}}, Workers: [][]Op{ops, ops}},
		{Workers: [][]Op{ops, {{Kind: Store, Key: 2}}}, Fresh: true},
	} {
		o := d.Record(s, d.New())
		assert.Len(t, o.Records, s.ops(), "%+v", s)
		assert.Len(t, o.Final, len(s.Keys()), "%+v", s)
		for _, r := range o.Records {
			assert.True(t, r.Call > 0 && r.Return >= r.Call, "%+v", r)
		}
		assert.True(t, o.Explained(s), "%+v", o)
		assert.True(t, o.explainedByPorcupine(s), "%+v", o)
	}
}

// So has a round of one worker, of which each answer is known.
func TestRecordOfOneWorker(t *testing.T) {
	d := driver(newLocked)
	s := Scenario{Workers: [][]Op{recorded}}
	o := d.Record(s, d.New())
	assert.Len(t, o.Records, s.ops(), "%+v", o.Records)
	assert.Len(t, o.Final, 1)
}

// What a wrong map has answered has no order.
func TestRecordOfWrongMap(t *testing.T) {
	d := driver(func() Target { return &faulty{locked: newFresh(), do: loadsNothing} })
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 1}}, {{Kind: Load, Key: 1}}}}
	o := d.Record(s, d.New())
	assert.False(t, o.Explained(s))
	assert.False(t, o.explainedByPorcupine(s))
}

// Workers are up to 32: each round can be judged.
func TestManyWorkers(t *testing.T) {
	for _, workers := range []int{31, 32} {
		d := driver(newLocked)
		var s Scenario
		for range workers {
			s.Workers = append(s.Workers, []Op{{Kind: Load, Key: 1}})
		}
		f := newFacts(s)
		o := Outcome{}
		for w := range workers { // one after the other
			o.Records = append(o.Records, Record{Op: Op{Kind: Load, Key: 1}, Result: Result{Absent, false}, Worker: w, Call: int64(2 * w), Return: int64(2*w + 1)})
		}
		o.Final = []Record{{Op: Op{Kind: Load, Key: 1}, Result: Result{Absent, false}, Worker: workers, Call: 1000, Return: 1001}}
		p := &player{d: d, s: s, facts: f, outcome: o, workers: make([]worker, workers)}
		assert.Empty(t, p.judge(), "%d workers", workers)
		assert.Zero(t, d.unknown, "%d workers", workers)
	}
}

// explainedByPorcupine asks porcupine whether there is an order.
func (o Outcome) explainedByPorcupine(s Scenario) bool {
	f := newFacts(s)
	for _, k := range f.keys {
		if impossible, sure := confirm(o.of(k), f.before[k]); impossible || !sure {
			return false
		}
	}
	return true
}
