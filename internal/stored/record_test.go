package stored

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// recording makes the process record for one test.
func recording(t *testing.T) {
	recorded.all, recorded.lost = make([]record, mostRecorded), false
	t.Cleanup(func() { recorded.all, recorded.lost = nil, false })
}

// store is as rewritten source has it.
//
//go:noinline
func store(at uintptr) { Record(at) }

func TestInto(t *testing.T) {
	recording(t)
	for range 3 {
		store(0x10000)
	}
	store(0x10000)
	store(0x20000)
	found := into(Container{Places: []Place{{Form: Map, At: 0x20000, To: 0x10000}}})
	assert.Len(t, found, 2)
	assert.Equal(t, int64(3), found[0].Count)
	assert.Equal(t, int64(1), found[1].Count)
	assert.Equal(t, "github.com/leakassert/leakassert/internal/stored.TestInto", found[0].Func)
	assert.Equal(t, found[0].Line+2, found[1].Line)
}

// What a container lies in says nothing about who stores into it.
func TestIntoInner(t *testing.T) {
	recording(t)
	store(0x10000)
	assert.Empty(t, into(Container{Places: []Place{{Form: Map, To: 0x30000}, {Form: Map, To: 0x10000}}}))
	assert.Empty(t, into(Container{}))
}

// A list that grows at its head is told by the stores into the head, one that grows at its tail by
// those into its nodes.
func TestIntoLists(t *testing.T) {
	next := Decl{Pkg: "p", Type: "node", Name: "next"}
	list := Container{Places: []Place{{Form: Plain, At: 0x10000}}, Links: []Decl{next}}
	for _, c := range []struct{ head, tail, found int64 }{{5, 5, 5}, {1, 9, 10}, {0, 9, 9}, {9, 0, 9}} {
		recording(t)
		for range c.head {
			store(0x10000)
		}
		for range c.tail {
			store(uintptr(next.id()))
		}
		assert.Equal(t, c.found, sum(into(list)), "%+v", c)
	}
}

func TestIntoSlices(t *testing.T) {
	recording(t)
	store(0x10000) // the array
	store(0x10008) // an element
	store(0x20000) // the variable
	store(0x10100) // behind the array
	assert.Equal(t, int64(3), sum(into(Container{Places: []Place{{Form: Slice, At: 0x20000, To: 0x10000, Size: 0x100}}})))
}

// What is recorded is bounded. That something was lost is known.
func TestTooMany(t *testing.T) {
	recording(t)
	for at := range uintptr(2 * mostRecorded) {
		store(0x10000 + 8*at)
	}
	assert.True(t, recorded.lost)
	n := int64(0)
	for _, r := range recorded.all {
		n += r.n
	}
	assert.LessOrEqual(t, n, int64(mostRecorded))
	assert.Greater(t, n, int64(mostRecorded/2), "the table fills up")
}

// A process that is no second run records nothing.
func TestRecordsNothing(t *testing.T) {
	assert.False(t, InChild())
	store(0x10000)
	assert.Empty(t, into(Container{Places: []Place{{Form: Plain, At: 0x10000}}}))
	assert.Zero(t, testing.AllocsPerRun(100, func() { store(0x10000) }))
}
