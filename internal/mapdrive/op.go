// Package mapdrive drives a concurrent map and checks its results. It knows keys and values only
// by number; package leaktest/mapfuzz adds the types.
package mapdrive

import (
	"fmt"
	"strings"
)

type Kind int

// The kinds of operations. The kinds up to LastOfKey act on a single key.
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
	// Range goes through the entries. If Val is positive, the callback returns false at its
	// Val-th call.
	Range = Len + 1
	// RangeWrites is a Range whose callback alternately stores Val under Key and deletes Key.
	RangeWrites = Range + 1
	// Pause runs an empty loop Val times.
	Pause = RangeWrites + 1
)

var kindNames = [...]string{"Load", "Store", "Delete", "LoadOrStore", "LoadAndDelete", "Swap", "CompareAndSwap", "CompareAndDelete", "Clear", "Len", "Range", "Range", "pause"}

func (k Kind) String() string { return kindNames[k] }

// An Op is an operation. Keys and values are numbers.
type Op struct {
	Kind     Kind
	Key      int
	Val, Old int
}

// ReturnsValue reports whether operations of this kind return a value and whether it was there.
func (k Kind) ReturnsValue() bool {
	return k == Load || k == LoadOrStore || k == LoadAndDelete || k == Swap
}

// Values returns pointers to the values that the operation uses as arguments, in the order of
// the arguments.
func (op *Op) Values() []*int {
	switch op.Kind {
	case Store, LoadOrStore, Swap, RangeWrites:
		return []*int{&op.Val}
	case CompareAndSwap:
		return []*int{&op.Old, &op.Val}
	case CompareAndDelete:
		return []*int{&op.Old}
	}
	return nil
}

// ofKey reports whether the operation uses its key.
func (op Op) ofKey() bool { return op.Kind <= LastOfKey || op.Kind == RangeWrites }

// packed encodes a Load, Store, Delete, Len or Range as a number other than 0.
func (op Op) packed() int64 { return int64(op.Kind+1)<<40 | int64(op.Key)<<20 | int64(max(op.Val, 0)) }

func unpacked(n int64) Op {
	return Op{Kind: Kind(n>>40) - 1, Key: int(n >> 20 & (1<<20 - 1)), Val: int(n & (1<<20 - 1)), Old: Absent}
}

// Absent stands for no value, and Foreign for a value that nobody stored.
const (
	Absent  = -1
	Foreign = -2
)

// A Result is what an operation returned. Load, LoadOrStore, LoadAndDelete and Swap return a value
// and whether it was there. CompareAndSwap and CompareAndDelete return whether they did something.
// Len and Range return a number. Val is Absent if there is none.
type Result struct {
	Val int
	OK  bool
}

// A Target is a map under test.
type Target interface {
	// Do does an operation on one key, or a Clear if the map has Clear.
	Do(Op) Result
	Has(Kind) bool
	Range(func(key, val int) bool)
	// Len returns the number of entries.
	Len() int
}

// A Namer spells keys and values, as Go source where it can.
type Namer interface {
	Key(int) string
	Val(int) string
}

// Step is the specification of a map. It returns the value after an operation on a key whose value
// was state, and the operation's result.
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
	var args []string
	switch {
	case op.Kind <= LastOfKey:
		args = append(args, n.Key(op.Key))
		for _, v := range op.Values() {
			args = append(args, n.Val(*v))
		}
	case op.Kind == Range && op.Val > 0:
		args = append(args, fmt.Sprintf("stop at %d", op.Val))
	case op.Kind == RangeWrites:
		args = append(args, fmt.Sprintf("Store(%s, %s), Delete(%[1]s), …", n.Key(op.Key), n.Val(op.Val)))
	case op.Kind == Pause:
		args = append(args, fmt.Sprint(op.Val))
	}
	return fmt.Sprintf("%v(%s)", op.Kind, strings.Join(args, ", "))
}

// Spell writes the result of an operation: "a, true".
func (r Result) Spell(op Op, n Namer) string {
	switch {
	case op.Kind.ReturnsValue():
		return fmt.Sprintf("%s, %v", spellState(r.Val, n), r.OK)
	case op.Kind == CompareAndSwap || op.Kind == CompareAndDelete:
		return fmt.Sprint(r.OK)
	case op.Kind == Len:
		return fmt.Sprint(r.Val)
	case op.Kind == Range && r.Val == 1:
		return "1 entry"
	case op.Kind == Range:
		return fmt.Sprint(r.Val, " entries")
	}
	return ""
}

// spellState writes the value of a key.
func spellState(state int, n Namer) string {
	if state == Absent {
		return "absent"
	}
	return n.Val(state)
}
