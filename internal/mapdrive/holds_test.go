package mapdrive

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const waits = "writes wait while Range runs: its callback must not write to the map"

// Writes that wait while Range runs are no fault, but worth a note.
func TestHoldsWriters(t *testing.T) {
	for _, c := range []struct {
		newTarget func() Target
		keys      int
		notes     []string
	}{
		{newLocked, 64, []string{waits}},
		{newLocked, 1, []string{waits}},
		{newCopying, 64, nil},
		{newCopying, 1, nil},
	} {
		d := driver(c.newTarget)
		d.Keys = c.keys
		assert.Nil(t, d.holdsWriters())
		assert.Equal(t, c.notes, d.Notes())
	}
	d := driver(newLocked)
	d.RangeWrites = true
	assert.Nil(t, d.holdsWriters(), "the scenarios show it")
	assert.Nil(t, d.Notes())
}

// Whatever panics does not end the process.
func TestRangePanics(t *testing.T) {
	d := driver(func() Target {
		return &faulty{locked: newFresh(), ranges: func(*locked, func(key, val int) bool) { panic("range") }}
	})
	assert.NotPanics(t, func() {
		if f := d.Run(100*time.Millisecond, only("range")); assert.NotNil(t, f) {
			assert.Contains(t, f.What, "panics: range")
		}
	})
}

// Notes say the same, however often they are asked for.
func TestNotes(t *testing.T) {
	d := driver(newLocked)
	assert.Empty(t, d.Notes())
	d.unknown, d.vetoed = 2, 1
	want := []string{
		"2 histories could not be judged: too many operations on one key at the same time; fewer Workers help",
		"1 findings were not confirmed by porcupine, and are not reported",
	}
	assert.Equal(t, want, d.Notes())
	assert.Equal(t, want, d.Notes())
}
