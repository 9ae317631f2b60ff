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
	kinds     = Len + 1
)

var kindNames = [...]string{"Load", "Store", "Delete", "LoadOrStore", "LoadAndDelete", "Swap", "CompareAndSwap", "CompareAndDelete", "Clear", "Len"}

func (k Kind) String() string { return kindNames[k] }

// An Op is an operation on keys and values known by number.
type Op struct {
	Kind     Kind
	Key      int
	Val, Old int
}

// Absent is the number of no value, and Foreign that of one that nobody stored.
const (
	Absent  = -1
	Foreign = -2
)

// A Result is what an operation has returned: of Load, LoadOrStore, LoadAndDelete and
// Swap a value and whether it was there, of the two Compare… whether it did
// something. Val is Absent where there is none.
type Result struct {
	Val int
	OK  bool
}

// A Target is a map under test.
type Target interface {
	// Do does an operation of a kind that the map has.
	Do(Op) Result
	Has(Kind) bool
	Range(func(key, val int) bool)
	// Len is how many entries there are.
	Len() int
}

// A Namer spells keys and values.
type Namer interface {
	Key(int) string
	Val(int) string
}

// step is the specification: what an operation on one key whose value is state
// returns, and the value after it.
func step(state int, op Op) (int, Result) {
	has := state != Absent
	switch op.Kind {
	case Load:
		return state, Result{state, has}
	case Store:
		return op.Val, Result{Absent, false}
	case Delete:
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

// Step is the specification of an operation on one key.
func Step(state int, op Op) (int, Result) { return step(state, op) }

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
	}
	return ""
}
