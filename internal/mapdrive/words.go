package mapdrive

import (
	"fmt"
	"slices"
)

// words describes what is wrong with a round, for one key, and returns the records that it names. r is
// the first of the key's records that no order explains.
func words(records []Record, r Record, before int, n Namer) (text string, named []Record) {
	say := func(other []Record, format string, args ...any) (string, []Record) {
		return fmt.Sprintf(format, args...), append(other, r)
	}
	call, result := r.Op.Spell(n), r.Result.Spell(r.Op, n)
	if r.Result.Val == Foreign {
		return say(nil, "%s returned a value that nobody has stored", call)
	}
	// The records that may have had an effect on r.
	var stores, removals []Record
	for _, o := range records {
		switch left, changed := effect(o); {
		case !changed || o.Call > r.Return:
		case left == Absent:
			removals = append(removals, o)
		default:
			stores = append(stores, o)
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
				return say([]Record{s}, "%s was lost: %s returned absent, though nothing has deleted %s since", s.Op.Spell(n), call, n.Key(r.Op.Key))
			}
		}
		if before != Absent && len(removals) == 0 {
			return say(nil, "%s was lost: %s returned absent, though nothing has deleted it", n.Key(r.Op.Key), call)
		}
	case r.Op.Kind == Load:
		again := func(after Record) func(Record) bool { // reports whether a store after that record can have stored the value that r saw
			return func(s Record) bool {
				val, _ := effect(s)
				late := s.Op.Kind == LoadOrStore && len(removals) == 0 // it would have loaded the value instead
				return val == r.Result.Val && s.Return >= after.Call && !late
			}
		}
		for _, s := range stores {
			if val, _ := effect(s); val != r.Result.Val && s.Return < r.Call && none(stores, again(s)) {
				return say([]Record{s}, "%s was lost: %s returned %s", s.Op.Spell(n), call, result)
			}
		}
		for _, d := range removals {
			if d.Return < r.Call && none(stores, again(d)) {
				return say([]Record{d}, "%s was undone: %s returned %s, though nothing has stored it again", d.Op.Spell(n), call, result)
			}
		}
		return say(nil, "%s returned %s, which can't be there then", call, result)
	case (r.Op.Kind == CompareAndSwap || r.Op.Kind == CompareAndDelete) && r.Result.OK:
		return say(nil, "%s succeeded, though the value can't have been %s then", call, n.Val(r.Op.Old))
	case r.Op.Kind == LoadOrStore && !r.Result.OK && r.Result.Val == r.Op.Val:
		return say(nil, "%s stored, though there was a value already", call)
	}
	return say(nil, "no order of the operations explains that %s returned %s", call, result)
}

// undoes reports whether the deletion d can have removed the stored value.
func undoes(d, stored Record) bool {
	val, _ := effect(stored)
	return d.Return >= stored.Call && (d.Op.Kind != CompareAndDelete || d.Op.Old == val)
}

// lost names the last store to a key whose final Load did not return the stored value:
// "Store(7, b) was lost: ". It returns the records that it names, the final Load included.
func lost(records []Record, final Record, n Namer) (text string, named []Record) {
	for _, r := range slices.Backward(records) {
		switch left, changed := effect(r); {
		case !changed || !r.of(final.Op.Key):
		case left == Absent:
			return "", []Record{final}
		default:
			return r.Op.Spell(n) + " was lost: ", []Record{r, final}
		}
	}
	return "", []Record{final}
}

// effect returns the value that an operation left, Absent if it removed the key, and whether the
// operation changed anything.
func effect(r Record) (left int, changed bool) {
	switch r.Op.Kind {
	case Store, Swap:
		return r.Op.Val, true
	case LoadOrStore:
		return r.Op.Val, !r.Result.OK
	case CompareAndSwap:
		return r.Op.Val, r.Result.OK
	case CompareAndDelete:
		return Absent, r.Result.OK
	}
	return Absent, r.Op.Kind == Delete || r.Op.Kind == LoadAndDelete || r.Op.Kind == Clear
}
