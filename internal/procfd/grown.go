package procfd

import (
	"cmp"
	"slices"
)

// diff is the scratch memory of Grown.
type diff struct {
	fresh []Entry // now, and not under that number before
	gone  []lost  // before, and not under that number now
}

// lost is an ID that some numbers have lost.
type lost struct {
	id    ID
	times int
}

// Grown appends to dst the entries of now that are not in before, by ascending
// number. An entry is in before when before has its number with its ID. It also
// counts as being in before when it has merely moved: before has its ID at a
// number that does not have it any more. Each such number accounts for one
// entry, those with the lowest numbers first.
//
// Hence a number that was closed and used again is found, unless for the very
// same file, and so is one end more of what is open already.
//
// It takes one pass over both tables, and allocates nothing unless more than in
// earlier calls is new in now. It uses memory of now, before is only read.
func Grown(dst []Entry, before, now *Table) []Entry {
	d := &now.diff
	d.compare(before.Entries, now.Entries)
	if len(d.fresh) == 0 {
		return dst
	}
	if len(d.gone) == 0 {
		return append(dst, d.fresh...)
	}
	d.sum()
	for _, e := range d.fresh {
		if !d.moved(e.ID) {
			dst = append(dst, e)
		}
	}
	return dst
}

// compare merges two tables into what only one of them has.
func (d *diff) compare(before, now []Entry) {
	d.fresh, d.gone = d.fresh[:0], d.gone[:0]
	i := 0
	for _, e := range now {
		for ; i < len(before) && before[i].Num < e.Num; i++ {
			d.gone = append(d.gone, lost{before[i].ID, 1})
		}
		if i == len(before) || before[i].Num != e.Num {
			d.fresh = append(d.fresh, e)
			continue
		}
		if before[i].ID != e.ID {
			d.gone = append(d.gone, lost{before[i].ID, 1})
			d.fresh = append(d.fresh, e)
		}
		i++
	}
	for ; i < len(before); i++ {
		d.gone = append(d.gone, lost{before[i].ID, 1})
	}
}

// sum sorts gone, so that it can be searched, and adds up equal IDs.
func (d *diff) sum() {
	slices.SortFunc(d.gone, func(a, b lost) int { return compareIDs(a.id, b.id) })
	n := 0
	for _, l := range d.gone[1:] {
		if d.gone[n].id == l.id {
			d.gone[n].times += l.times
			continue
		}
		n++
		d.gone[n] = l
	}
	d.gone = d.gone[:n+1]
}

// moved tells whether id is one that a number has lost, and accounts for it.
func (d *diff) moved(id ID) bool {
	i, ok := slices.BinarySearchFunc(d.gone, id, func(l lost, id ID) int { return compareIDs(l.id, id) })
	if !ok || d.gone[i].times == 0 {
		return false
	}
	d.gone[i].times--
	return true
}

func compareIDs(a, b ID) int {
	return cmp.Or(
		cmp.Compare(a.Ino, b.Ino), // first, since it tells most apart
		cmp.Compare(a.Dev, b.Dev),
		cmp.Compare(a.Rdev, b.Rdev),
		cmp.Compare(a.Mode, b.Mode),
	)
}
