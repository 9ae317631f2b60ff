// Package mapdrive drives a concurrent map and judges what it answers. It knows
// keys and values by their numbers only; leaktest/mapfuzz puts types around it.
package mapdrive

import "fmt"

// A Kind is what an operation does.
type Kind int

// The kinds of operations. Those up to LastOfKey concern one key.
const (
	Load Kind = iota
	Store
	Delete
	LoadOrStore
	LoadAndDelete
	Swap
	CompareAndSwap
	CompareAndDelete
	LastOfKey = CompareAndDelete
	Clear     = LastOfKey + 1
	Len       = Clear + 1
	// Range goes through the entries; if Val is more than 0, its callback returns false
	// at that call.
	Range = Len + 1
	// RangeWrites is a Range whose callback stores Val under Key and deletes it by turns.
	RangeWrites = Range + 1
	// Pause lets Val turns of an empty loop pass.
	Pause = RangeWrites + 1
)

var kindNames = [...]string{"Load", "Store", "Delete", "LoadOrStore", "LoadAndDelete", "Swap", "CompareAndSwap", "CompareAndDelete", "Clear", "Len", "Range", "Range", "pause"}

func (k Kind) String() string { return kindNames[k] }

// An Op is an operation on keys and values known by number.
type Op struct {
	Kind     Kind
	Key      int
	Val, Old int
}

// ofKey is whether the operation concerns its key.
func (op Op) ofKey() bool { return op.Kind <= LastOfKey || op.Kind == RangeWrites }

// packed is a Load, a Store, a Delete, a Len or a Range as a number that is not 0.
func (op Op) packed() int64 { return int64(op.Kind+1)<<40 | int64(op.Key)<<20 | int64(max(op.Val, 0)) }

func unpacked(n int64) Op {
	return Op{Kind: Kind(n>>40) - 1, Key: int(n >> 20 & (1<<20 - 1)), Val: int(n & (1<<20 - 1)), Old: Absent}
}

// Absent is the number of no value, and Foreign that of one that nobody stored.
const (
	Absent  = -1
	Foreign = -2
)

// A Result is what an operation has returned: of Load, LoadOrStore, LoadAndDelete and
// Swap a value and whether it was there, of the two Compare… whether it did
// something, of Len and Range a number. Val is Absent where there is none.
type Result struct {
	Val int
	OK  bool
}

// A Target is a map under test.
type Target interface {
	// Do does an operation on one key, or Clear, if the map has it.
	Do(Op) Result
	Has(Kind) bool
	Range(func(key, val int) bool)
	// Len is how many entries there are.
	Len() int
}

// A Namer spells keys and values, as Go does where it can.
type Namer interface {
	Key(int) string
	Val(int) string
}

// Step is the specification: what an operation on one key whose value is state
// returns, and the value after it.
func Step(state int, op Op) (int, Result) {
	has := state != Absent
	switch op.Kind {
	case Load:
		return state, Result{state, has}
	case Store:
		return op.Val, Result{Absent, false}
	case Delete, Clear:
		return Absent, Result{Absent, false}
	case LoadOrStore:
		if has {
			return state, Result{state, true}
		}
		return op.Val, Result{op.Val, false}
	case LoadAndDelete:
		return Absent, Result{state, has}
	case Swap:
		return op.Val, Result{state, has}
	case CompareAndSwap:
		if has && state == op.Old {
			return op.Val, Result{Absent, true}
		}
		return state, Result{Absent, false}
	case CompareAndDelete:
		if has && state == op.Old {
			return Absent, Result{Absent, true}
		}
		return state, Result{Absent, false}
	}
	panic(fmt.Sprint("mapdrive: no operation on one key: ", op.Kind))
}

// Spell writes an operation as a call: "CompareAndSwap(3, a, b)".
func (op Op) Spell(n Namer) string {
	switch op.Kind {
	case Load, Delete, LoadAndDelete:
		return fmt.Sprintf("%v(%s)", op.Kind, n.Key(op.Key))
	case Store, LoadOrStore, Swap:
		return fmt.Sprintf("%v(%s, %s)", op.Kind, n.Key(op.Key), n.Val(op.Val))
	case CompareAndSwap:
		return fmt.Sprintf("%v(%s, %s, %s)", op.Kind, n.Key(op.Key), n.Val(op.Old), n.Val(op.Val))
	case CompareAndDelete:
		return fmt.Sprintf("%v(%s, %s)", op.Kind, n.Key(op.Key), n.Val(op.Old))
	case Range:
		if op.Val > 0 {
			return fmt.Sprintf("Range(stop at %d)", op.Val)
		}
	case RangeWrites:
		return fmt.Sprintf("Range(Store(%s, %s), Delete(%[1]s), …)", n.Key(op.Key), n.Val(op.Val))
	case Pause:
		return fmt.Sprintf("pause(%d)", op.Val)
	}
	return op.Kind.String() + "()"
}

// Spell writes what an operation has returned: "a, true".
func (r Result) Spell(op Op, n Namer) string {
	switch op.Kind {
	case Load, LoadOrStore, LoadAndDelete, Swap:
		if r.Val == Absent {
			return fmt.Sprintf("absent, %v", r.OK)
		}
		return fmt.Sprintf("%s, %v", n.Val(r.Val), r.OK)
	case CompareAndSwap, CompareAndDelete:
		return fmt.Sprint(r.OK)
	case Len:
		return fmt.Sprint(r.Val)
	case Range:
		if r.Val == 1 {
			return "1 entry"
		}
		return fmt.Sprint(r.Val, " entries")
	}
	return ""
}
