package mapdrive

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A table is how many keys, values and workers there are: tiny ones, and normal ones.
// Each number meets most of the others.
type table struct{ keys, vals, workers int }

var tables = []table{
	{1, 1, 2}, {1, 1024, 4}, {2, 1, 4}, {2, 2, 2}, {3, 2, 4}, {3, 1024, 2},
	{64, 1, 2}, {64, 1024, 4}, {4096, 2, 2}, {4096, 1024, 4},
}

// What each mode makes of tables of any size can be played, and a map that is right
// gives no failure.
func TestModesOnRightMap(t *testing.T) {
	n := 40
	if raceEnabled {
		n = 10
	}
	for _, name := range Modes() {
		t.Run(name, func(t *testing.T) {
			for _, of := range tables {
				playAll(t, of, name, newLocked, n)
			}
		})
	}
}

// The callback of Range may write, where the map says so.
func TestRangeWritesOnRightMap(t *testing.T) {
	for _, of := range tables {
		if of.keys != 2 { // see below
			playAll(t, of, "range", newCopying, 10)
		}
	}
}

// Where there are no keys for others to change, one worker is alone with its Range that
// writes.
func TestRangeWritesAlone(t *testing.T) {
	playAll(t, table{2, 2, 2}, "range", newCopying, 10)
	s := Scenario{Setup: []Op{{Kind: Store, Key: 0}}, Workers: [][]Op{{{Kind: Range}, {Kind: RangeWrites, Key: 1}, {Kind: Range}}}}
	d := driver(newCopying)
	if f := d.Play(s, d.New(), 10); f != nil {
		t.Error(f.What)
	}
}

// playAll plays scenarios of a mode once, one map for all that do not want their own.
func playAll(t *testing.T, of table, name string, newTarget func() Target, n int) {
	d := driver(newTarget)
	d.Keys, d.Vals, d.Workers = of.keys, of.vals, of.workers
	d.RangeWrites = newTarget().(*locked).copies
	in := fmt.Sprintf("%s with %d keys, %d values, %d workers", name, d.Keys, d.Vals, d.Workers)
	target := d.New()
	for i, s := range d.Scenarios(name, n) {
		if len(s.Workers) == 0 {
			continue // the mode has nothing to do
		}
		s.each(func(w int, op Op) {
			if op.ofKey() && (op.Key < 0 || op.Key >= d.Keys) || op.Kind <= LastOfKey && (op.Val < 0 || op.Val >= d.Vals || op.Old < Absent || op.Old >= d.Vals) {
				t.Errorf("%s: scenario %d: %+v is not in the tables", in, i, op)
			}
		})
		if f := d.Play(s, target, 1); f != nil {
			t.Errorf("%s: scenario %d: %s\n%s", in, i, f.What, f.Outcome.Columns(*f.Scenario, d.Namer))
			return
		}
	}
	assert.Zero(t, target.Len(), "%s: the map is left empty", in)
	assert.Zero(t, d.vetoed, in)
}
