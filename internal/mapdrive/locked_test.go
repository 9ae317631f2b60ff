package mapdrive

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A locked is a map that is right: a built-in one and a mutex.
type locked struct {
	mu sync.Mutex
	m  map[int]int
	// copies says that Range goes through a copy, so that its callback may write.
	copies bool
}

func newLocked() Target { return &locked{m: make(map[int]int)} }

func newCopying() Target { return &locked{m: make(map[int]int), copies: true} }

func (l *locked) Has(Kind) bool { return true }

// Do is not made of Step, as it is what Step is held against.
func (l *locked) Do(op Op) Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, ok := l.m[op.Key]
	if !ok {
		old = Absent
	}
	switch op.Kind {
	case Load:
		return Result{old, ok}
	case Store:
		l.m[op.Key] = op.Val
	case Delete:
		delete(l.m, op.Key)
	case LoadOrStore:
		if !ok {
			l.m[op.Key] = op.Val
			return Result{op.Val, false}
		}
		return Result{old, true}
	case LoadAndDelete:
		delete(l.m, op.Key)
		return Result{old, ok}
	case Swap:
		l.m[op.Key] = op.Val
		return Result{old, ok}
	case CompareAndSwap:
		if ok && old == op.Old {
			l.m[op.Key] = op.Val
			return Result{Absent, true}
		}
	case CompareAndDelete:
		if ok && old == op.Old {
			delete(l.m, op.Key)
			return Result{Absent, true}
		}
	case Clear:
		clear(l.m)
	default:
		panic(fmt.Sprint("no operation on a key: ", op.Kind))
	}
	return Result{Absent, false}
}

func (l *locked) Range(f func(key, val int) bool) {
	l.mu.Lock()
	m := l.m
	if l.copies {
		m = maps.Clone(m)
		l.mu.Unlock()
	} else {
		defer l.mu.Unlock()
	}
	for k, v := range m {
		if !f(k, v) {
			return
		}
	}
}

func (l *locked) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.m)
}

// Numbers spell keys and values in tests.
type numbers struct{}

func (numbers) Key(i int) string { return spelt("k", i) }
func (numbers) Val(i int) string { return spelt("v", i) }

func spelt(name string, i int) string {
	if i < 0 {
		return "a stranger"
	}
	return fmt.Sprint(name, i)
}

// driver drives locked maps, or others.
func driver(newTarget func() Target) *Driver {
	return &Driver{New: newTarget, Namer: numbers{}, Keys: 64, Vals: 16, Workers: 2, Seed: 1}
}

// only wants one mode.
func only(name string) func(string) bool { return func(mode string) bool { return mode == name } }

func all(string) bool { return true }

func sum(s Scenario) int { return s.ops() + len(s.Setup) }

func TestModes(t *testing.T) {
	assert.Equal(t, []string{"sequential", "duel", "history", "owners", "pulse", "drain", "range"}, Modes())
}
