package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A short filling ends where a table becomes larger for the first time.
func TestShortFilling(t *testing.T) {
	d := &Driver{Keys: 1000, Vals: 10}
	f := d.Filling()
	require.Len(t, f.Ops, 2*mostFilling)
	for range f.Ops {
		f.Steps = append(f.Steps, 3)
	}
	assert.Empty(t, d.ShortFilling(f).Ops, "no operation takes long")
	f.Steps[72], f.Steps[144], f.Steps[390] = 90, 170, 100
	short := d.ShortFilling(f)
	require.Len(t, short.Ops, 2*73)
	assert.Equal(t, Op{Kind: Store, Key: 72, Val: 2}, short.Ops[72])
	assert.Equal(t, Op{Kind: Delete, Key: 0}, short.Ops[73])
	short.Steps = f.Steps[:len(short.Ops)]
	assert.Empty(t, d.ShortFilling(short).Ops, "it is as short already")
	f.Steps[5] = 0
	f.Steps[72], f.Steps[144] = 3, 3
	assert.Empty(t, d.ShortFilling(f).Ops, "only a deletion takes long")
}

// The edges of a filling come alternately, and the first is left out if another filling has it.
func TestEdges(t *testing.T) {
	d := &Driver{Keys: 1000, Vals: 10}
	f := d.Filling()
	for range f.Ops {
		f.Steps = append(f.Steps, 3)
	}
	f.Steps[72], f.Steps[390] = 90, 100
	has := []Kind{Load, Store, Delete, Range}
	all := d.edges(has, f, false)
	assert.Len(t, all[0].Setup, 72)
	assert.Len(t, all[1].Setup, 390)
	assert.Len(t, all[2].Setup, 72)
	for _, s := range d.edges(has, f, true) {
		assert.Len(t, s.Setup, 390)
	}
}

// A map with Clear gets scenarios of two of them.
func TestClears(t *testing.T) {
	d := &Driver{Keys: 10, Vals: 10}
	assert.Empty(t, d.clears([]Kind{Load, Store, Delete, Range}))
	all := d.clears([]Kind{Load, Store, Delete, Clear, Range})
	require.Len(t, all, 8)
	assert.Equal(t, Scenario{Workers: [][]Op{{{Kind: Clear}}, {{Kind: Store, Key: 0, Val: 1}, {Kind: Clear}}}}, all[0])
}

// Parts of a scenario have operations of it, for two or three workers.
func TestAround(t *testing.T) {
	d := &Driver{Keys: 100, Vals: 10}
	found := Scenario{Setup: d.stored(30), Workers: [][]Op{d.stored(40), d.stored(50), {{Kind: Delete, Key: 7}, {Kind: Range}}}}
	known := make(map[Op]bool)
	found.each(func(_ int, op Op) { known[op] = true })
	next := d.Around(found).Scenario
	sizes := make(map[int]bool)
	for i := range 200 {
		s := next(i)
		require.NotEmpty(t, s.Workers)
		require.LessOrEqual(t, s.ops(), 9)
		sizes[s.ops()] = true
		for _, ops := range s.Workers {
			for _, op := range ops {
				assert.True(t, known[op] || op == Op{Kind: Range}, op)
			}
		}
	}
	assert.Greater(t, len(sizes), 3)
	assert.Nil(t, d.Around(Scenario{}).Scenario)
}
