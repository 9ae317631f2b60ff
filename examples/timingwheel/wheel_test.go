package timingwheel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Wheels of several sizes do what a list of all entries would, whatever is added and
// removed meanwhile, also beyond the last slot of a small wheel.
func TestWheelIsLikeAList(t *testing.T) {
	for _, size := range []struct {
		bits     uint
		levels   int
		farthest uint64
	}{
		{1, 2, 9}, {1, 3, 40}, {2, 3, 300}, {3, 2, 64}, {6, 3, 300_000}, {6, 6, 5000},
	} {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 0))
		w, list := newWheel(size.bits, size.levels), []*entry(nil)
		for range 5000 {
			switch {
			case r.IntN(3) == 0: // near as often as far
				e := &entry{due: w.now + 1 + r.Uint64N(1+r.Uint64N(size.farthest))}
				w.add(e)
				list = append(list, e)
			case r.IntN(4) == 0 && len(list) > 0:
				i := r.IntN(len(list))
				require.True(t, w.remove(list[i]))
				require.False(t, w.remove(list[i]))
				list = slices.Delete(list, i, i+1)
			default:
				w.tick()
				for e := w.pop(); e != nil; e = w.pop() {
					i := slices.Index(list, e)
					require.GreaterOrEqual(t, i, 0, "seed %d: it was not on the wheel", seed)
					require.Equal(t, w.now, e.due, "seed %d", seed)
					list = slices.Delete(list, i, i+1)
				}
				require.False(t, slices.ContainsFunc(list, func(e *entry) bool { return e.due <= w.now }), "seed %d: one is late", seed)
			}
			require.Equal(t, len(list), w.entries, "seed %d", seed)
		}
	}
}

// An entry moves down once a level and no more, however far away it is: that makes a
// tick cheap on average.
func TestEntriesMoveOncePerLevel(t *testing.T) {
	w := newWheel(2, 4)
	var entries []*entry
	for due := range uint64(255) {
		e := &entry{due: due + 1}
		w.add(e)
		entries = append(entries, e)
	}
	moves := make([]int, len(entries))
	for range 255 {
		before := make([]*slot, len(entries))
		for i, e := range entries {
			before[i] = e.slot
		}
		w.tick()
		for i, e := range entries {
			if e.slot != before[i] {
				moves[i]++
			}
		}
		for w.pop() != nil {
		}
	}
	assert.Zero(t, w.entries)
	assert.Equal(t, 3, slices.Max(moves))
}

// An entry that is removed has no way to its former neighbours.
func TestRemovedEntryKeepsNoOther(t *testing.T) {
	w := newWheel(6, 6)
	var entries [3]entry
	for i := range entries {
		entries[i].due = 7
		w.add(&entries[i])
	}
	for _, i := range []int{1, 0, 2} { // in the middle, at the end, alone
		require.True(t, w.remove(&entries[i]))
		assert.Equal(t, entry{due: 7}, entries[i])
	}
	assert.Zero(t, w.entries)
}
