package mapdrive

import (
	"fmt"
	"slices"
)

// words say what is wrong with a round, for one key: records in which bad is the
// first one that no order explains.
func words(records []Record, bad int, before int, n Namer) string {
	r := records[bad]
	call, result := r.Op.Spell(n), r.Result.Spell(r.Op, n)
	if r.Result.Val == Foreign {
		return fmt.Sprintf("%s returned a value that nobody has stored", call)
	}
	// What can have had an effect on it.
	var stores, removals []Record
	for i, o := range records {
		switch _, writes := written(o); {
		case i == bad || o.Call > r.Return:
		case writes:
			stores = append(stores, o)
		case removes(o):
			removals = append(removals, o)
		}
	}
	byReturn := func(a, b Record) int { return int(b.Return - a.Return) }
	slices.SortStableFunc(stores, byReturn)
	slices.SortStableFunc(removals, byReturn)
	none := func(all []Record, f func(Record) bool) bool { return !slices.ContainsFunc(all, f) }
	switch {
	case r.Op.Kind == Load && !r.Result.OK:
		for _, s := range stores {
			if s.Return < r.Call && none(removals, func(d Record) bool { return undoes(d, s) }) {
				return fmt.Sprintf("%s was lost: %s returned absent, though nothing has deleted %s since", s.Op.Spell(n), call, n.Key(r.Op.Key))
			}
		}
		if before != Absent && len(removals) == 0 {
			return fmt.Sprintf("%s was lost: %s returned absent, though nothing has deleted it", n.Key(r.Op.Key), call)
		}
	case r.Op.Kind == Load:
		again := func(after Record) func(Record) bool { // whether one can have stored what was seen
			return func(s Record) bool {
				val, _ := written(s)
				late := s.Op.Kind == LoadOrStore && len(removals) == 0 // it would have loaded
				return val == r.Result.Val && s.Return >= after.Call && !late
			}
		}
		for _, s := range stores {
			if val, _ := written(s); val != r.Result.Val && s.Return < r.Call && none(stores, again(s)) {
				return fmt.Sprintf("%s was lost: %s returned %s", s.Op.Spell(n), call, result)
			}
		}
		for _, d := range removals {
			if d.Return < r.Call && none(stores, again(d)) {
				return fmt.Sprintf("%s was undone: %s returned %s, though nothing has stored it again", d.Op.Spell(n), call, result)
			}
		}
		return fmt.Sprintf("%s returned %s, which can't be there then", call, result)
	case (r.Op.Kind == CompareAndSwap || r.Op.Kind == CompareAndDelete) && r.Result.OK:
		return fmt.Sprintf("%s succeeded, though the value can't have been %s then", call, n.Val(r.Op.Old))
	case r.Op.Kind == LoadOrStore && !r.Result.OK && r.Result.Val == r.Op.Val:
		return fmt.Sprintf("%s stored, though there was a value already", call)
	}
	return fmt.Sprintf("no order of the operations explains that %s returned %s", call, result)
}

// undoes is whether a deletion can have taken away what was stored.
func undoes(d, stored Record) bool {
	val, _ := written(stored)
	return d.Return >= stored.Call && (d.Op.Kind != CompareAndDelete || d.Op.Old == val)
}

// lost names the last store to the key of a final Load, when it has not returned what
// was stored: "Store(7, b) was lost: ".
func lost(records []Record, final Record, n Namer) string {
	for i := len(records) - 1; i >= 0; i-- {
		r := records[i]
		if r.Op.Kind != Clear && (r.Op.Kind > LastOfKey || r.Op.Key != final.Op.Key) {
			continue
		}
		if _, writes := written(r); writes {
			return r.Op.Spell(n) + " was lost: "
		}
		if removes(r) {
			return ""
		}
	}
	return ""
}

// written is what an operation has stored, if it has.
func written(r Record) (val int, ok bool) {
	switch r.Op.Kind {
	case Store, Swap:
		return r.Op.Val, true
	case LoadOrStore:
		return r.Op.Val, !r.Result.OK
	case CompareAndSwap:
		return r.Op.Val, r.Result.OK
	}
	return 0, false
}

func removes(r Record) bool {
	switch r.Op.Kind {
	case Delete, LoadAndDelete, Clear:
		return true
	case CompareAndDelete:
		return r.Result.OK
	}
	return false
}
