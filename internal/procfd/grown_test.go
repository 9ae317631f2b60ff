package procfd_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/procfd"
)

// at is entries by number and inode, which is all that these tests vary.
func at(pairs ...int) *procfd.Table {
	t := &procfd.Table{}
	for i := 0; i < len(pairs); i += 2 {
		t.Entries = append(t.Entries, entry(pairs[i], pairs[i+1]))
	}
	return t
}

func entry(num, inode int) procfd.Entry {
	return procfd.Entry{Num: num, ID: procfd.ID{Dev: 1, Ino: uint64(inode)}}
}

func TestGrown(t *testing.T) {
	const anon = 1000 // one inode for all eventfds, epolls and timers
	tests := []struct {
		name, why   string
		before, now *procfd.Table
		want        []procfd.Entry
	}{{
		name:   "nothing",
		before: at(0, 10, 1, 11),
		now:    at(0, 10, 1, 11),
	}, {
		name:   "both empty",
		before: at(),
		now:    at(),
	}, {
		name:   "closed",
		before: at(0, 10, 1, 11, 5, 15),
		now:    at(1, 11),
	}, {
		name:   "from nothing",
		before: at(),
		now:    at(3, 13, 4, 14),
		want:   []procfd.Entry{entry(3, 13), entry(4, 14)},
	}, {
		name:   "at the end and in a gap",
		before: at(0, 10, 2, 12),
		now:    at(0, 10, 1, 11, 2, 12, 3, 13),
		want:   []procfd.Entry{entry(1, 11), entry(3, 13)},
	}, {
		name:   "number used again",
		why:    "the count is the same, the descriptor is not",
		before: at(0, 10, 3, 13),
		now:    at(0, 10, 3, 14),
		want:   []procfd.Entry{entry(3, 14)},
	}, {
		name:   "moved",
		why:    "what was there before is never a leak, at whatever number",
		before: at(0, 10, 3, 13),
		now:    at(0, 10, 7, 13),
	}, {
		name:   "moved over another",
		before: at(3, 13, 4, 14),
		now:    at(4, 13),
	}, {
		name:   "swapped",
		before: at(3, 13, 4, 14),
		now:    at(3, 14, 4, 13),
	}, {
		name:   "duplicated",
		why:    "3 still has it, so 7 is one more",
		before: at(3, 13),
		now:    at(3, 13, 7, 13),
		want:   []procfd.Entry{entry(7, 13)},
	}, {
		name:   "moved and duplicated",
		why:    "one number lost it, so one entry has moved",
		before: at(3, 13),
		now:    at(7, 13, 8, 13),
		want:   []procfd.Entry{entry(8, 13)},
	}, {
		name:   "two moved to three",
		before: at(3, 13, 4, 13),
		now:    at(7, 13, 8, 13, 9, 13),
		want:   []procfd.Entry{entry(9, 13)},
	}, {
		name:   "anonymous inode",
		why:    "that others share the identity does not hide the new one",
		before: at(3, anon, 4, anon),
		now:    at(3, anon, 4, anon, 5, anon),
		want:   []procfd.Entry{entry(5, anon)},
	}, {
		name:   "moved next to used again",
		before: at(3, 13, 4, 14, 5, 15),
		now:    at(3, 20, 4, 14, 6, 15),
		want:   []procfd.Entry{entry(3, 20)},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := procfd.Grown(nil, tt.before, tt.now)
			assert.Empty(t, cmp.Diff(tt.want, got), tt.why)
		})
	}
}

func TestGrownAppends(t *testing.T) {
	dst := []procfd.Entry{entry(99, 99)}
	dst = procfd.Grown(dst, at(), at(1, 11))
	assert.Equal(t, []procfd.Entry{entry(99, 99), entry(1, 11)}, dst)
}

// TestGrownTellsAllOfIdentity has one table case for each field.
func TestGrownTellsAllOfIdentity(t *testing.T) {
	base := procfd.ID{Dev: 1, Ino: 2, Type: 3, Born: 5}
	for name, id := range map[string]procfd.ID{
		"Dev":  {Dev: 9, Ino: 2, Type: 3, Born: 5},
		"Ino":  {Dev: 1, Ino: 9, Type: 3, Born: 5},
		"Type": {Dev: 1, Ino: 2, Type: 9, Born: 5},
		"Born": {Dev: 1, Ino: 2, Type: 3, Born: 9},
	} {
		before := &procfd.Table{Entries: []procfd.Entry{{Num: 3, ID: base}}}
		again := &procfd.Table{Entries: []procfd.Entry{{Num: 3, ID: id}}}
		moved := &procfd.Table{Entries: []procfd.Entry{{Num: 5, ID: id}}}
		assert.Len(t, procfd.Grown(nil, before, again), 1, name)
		assert.Len(t, procfd.Grown(nil, before, moved), 1, name)
	}
}

// grownModel is the definition, told slowly.
func grownModel(before, now []procfd.Entry) (grown []procfd.Entry) {
	at := func(entries []procfd.Entry, num int) (procfd.ID, bool) {
		for _, e := range entries {
			if e.Num == num {
				return e.ID, true
			}
		}
		return procfd.ID{}, false
	}
	used := make(map[int]bool)
	for _, e := range now {
		if id, ok := at(before, e.Num); ok && id == e.ID {
			continue
		}
		moved := false
		for _, b := range before {
			id, ok := at(now, b.Num)
			if b.ID == e.ID && !(ok && id == b.ID) && !used[b.Num] {
				used[b.Num], moved = true, true
				break
			}
		}
		if !moved {
			grown = append(grown, e)
		}
	}
	return grown
}

func TestGrownEqualsModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(into *procfd.Table) {
		into.Entries = into.Entries[:0]
		density, kinds := rnd.IntN(5), 1+rnd.IntN(6)
		for num := range rnd.IntN(20) {
			if rnd.IntN(5) <= density {
				into.Entries = append(into.Entries, entry(num, rnd.IntN(kinds)))
			}
		}
	}
	var before, now procfd.Table // used again and again, as a check does
	for range 50_000 {
		random(&before)
		random(&now)
		want := grownModel(before.Entries, now.Entries)
		got := procfd.Grown(nil, &before, &now)
		require.Empty(t, cmp.Diff(want, got), "before %v\nnow %v", before.Entries, now.Entries)
	}
}

func TestGrownAllocatesNothing(t *testing.T) {
	var before, now procfd.Table
	for num := range 1000 {
		before.Entries = append(before.Entries, entry(num, num))
		now.Entries = append(now.Entries, entry(num, num))
	}
	now.Entries[500].Num = 2000 // moved, which is no growth either
	now.Entries = append(append(now.Entries[:500:500], now.Entries[501:]...), now.Entries[500])
	require.Empty(t, procfd.Grown(nil, &before, &now))
	assert.Zero(t, testing.AllocsPerRun(100, func() { procfd.Grown(nil, &before, &now) }))
}
