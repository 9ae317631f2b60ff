package mapdrive

import "fmt"

// words say what is wrong with a round, for one key: records in which bad is the
// first one that no order explains.
func words(records []Record, bad int, before int, n Namer) string {
	r := records[bad]
	key := n.Key(r.Op.Key)
	if r.Result.Val == Foreign {
		return fmt.Sprintf("%s returned a value that nobody has stored", r.Op.Spell(n))
	}
	var stores, deletes []Record
	for i, o := range records {
		if i == bad {
			continue
		}
		switch _, writes := written(o); {
		case writes:
			stores = append(stores, o)
		case removes(o):
			deletes = append(deletes, o)
		}
	}
	switch {
	case r.Op.Kind == Load && !r.Result.OK && len(deletes) == 0 && len(stores) > 0:
		return fmt.Sprintf("%s was lost: %s returned absent, though nothing has deleted %s", stores[len(stores)-1].Op.Spell(n), r.Op.Spell(n), key)
	case r.Op.Kind == Load && !r.Result.OK && before != Absent && len(deletes) == 0:
		return fmt.Sprintf("%s was lost: %s returned absent, though nothing has deleted it", key, r.Op.Spell(n))
	case r.Op.Kind == Load && r.Result.OK && len(deletes) > 0 && len(stores) == 0:
		return fmt.Sprintf("%s was undone: %s returned %s, though nothing has stored it again", deletes[len(deletes)-1].Op.Spell(n), r.Op.Spell(n), r.Result.Spell(r.Op, n))
	case r.Op.Kind == Load && r.Result.OK:
		return fmt.Sprintf("%s returned %s: a write was lost, or comes back", r.Op.Spell(n), r.Result.Spell(r.Op, n))
	case r.Op.Kind == CompareAndSwap && r.Result.OK, r.Op.Kind == CompareAndDelete && r.Result.OK:
		return fmt.Sprintf("%s succeeded, though the value can't have been %s then", r.Op.Spell(n), n.Val(r.Op.Old))
	case r.Op.Kind == LoadOrStore && !r.Result.OK:
		return fmt.Sprintf("%s stored, though there was a value already", r.Op.Spell(n))
	}
	return fmt.Sprintf("no order of the operations explains that %s returned %s", r.Op.Spell(n), r.Result.Spell(r.Op, n))
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
	case Delete, LoadAndDelete:
		return true
	case CompareAndDelete:
		return r.Result.OK
	}
	return false
}
