package mapdrive

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A faulty map does one thing wrong.
type faulty struct {
	*locked
	do     func(l *locked, op Op) Result
	ranges func(l *locked, f func(key, val int) bool)
	len    func(l *locked) int
}

func (m *faulty) Do(op Op) Result {
	if m.do != nil {
		return m.do(m.locked, op)
	}
	return m.locked.Do(op)
}

func (m *faulty) Range(f func(key, val int) bool) {
	if m.ranges != nil {
		m.ranges(m.locked, f)
		return
	}
	m.locked.Range(f)
}

func (m *faulty) Len() int {
	if m.len != nil {
		return m.len(m.locked)
	}
	return m.locked.Len()
}

func newFresh() *locked { return &locked{m: make(map[int]int)} }

// loadsNothing does not find what is there.
func loadsNothing(l *locked, op Op) Result {
	if op.Kind == Load {
		return Result{Absent, false}
	}
	return l.Do(op)
}

// Each fault is found, told in the right words, and shown by a few operations that
// fail again.
func TestFaults(t *testing.T) {
	cases := []struct {
		why   string
		fault faulty
		says  string
		most  int // operations, those of the setup included
	}{
		{"Load of a stored key finds nothing", faulty{do: loadsNothing},
			"Load(k0) returned absent, false: it must be v0, true", 2},
		{"Delete does nothing", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == Delete {
				return Result{Absent, false}
			}
			return l.Do(op)
		}}, "it must be absent", 3},
		{"LoadOrStore says that it has stored, and has not", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == LoadOrStore {
				if r := l.Do(Op{Kind: Load, Key: op.Key}); r.OK {
					return r
				}
				return Result{op.Val, false}
			}
			return l.Do(op)
		}}, "it must be v0, true", 2},
		{"LoadOrStore stores over what is there", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == LoadOrStore {
				l.Do(Op{Kind: Store, Key: op.Key, Val: op.Val})
				return Result{op.Val, false}
			}
			return l.Do(op)
		}}, "LoadOrStore(k0, v1) returned v1, false: it must be v0, true", 2},
		{"CompareAndSwap always succeeds", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == CompareAndSwap {
				l.Do(Op{Kind: Store, Key: op.Key, Val: op.Val})
				return Result{Absent, true}
			}
			return l.Do(op)
		}}, "returned true: it must be false", 1},
		{"Clear does nothing", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == Clear {
				return Result{Absent, false}
			}
			return l.Do(op)
		}}, "Load(k0) returned v0, true: it must be absent, false", 2},
		{"Len is one too much", faulty{len: func(l *locked) int { return l.Len() + 1 }},
			"Len() returned 1", 1},
		{"Range shows a key twice", faulty{ranges: func(l *locked, f func(key, val int) bool) {
			l.Range(func(k, v int) bool {
				for range 2 {
					if !f(k, v) {
						return false
					}
				}
				return true
			})
		}}, "Range shows k0 twice", 2},
		{"Range skips a key", faulty{ranges: func(l *locked, f func(key, val int) bool) {
			l.Range(func(k, v int) bool { return k == 2 || f(k, v) })
		}}, "Range does not show k2, which is there", 2},
		{"Range goes on after false", faulty{ranges: func(l *locked, f func(key, val int) bool) {
			l.Range(func(k, v int) bool { f(k, v); return true })
		}}, "Range went on after its callback had returned false: there are ", 5},
		{"Range shows a stranger", faulty{ranges: func(l *locked, f func(key, val int) bool) {
			l.Range(f)
			f(Foreign, 0)
		}}, "Range shows a stranger with v0, which nobody has stored", 1},
		{"Range shows a stale value", faulty{ranges: func(l *locked, f func(key, val int) bool) {
			l.Range(func(k, v int) bool { return f(k, v+1) })
		}}, "Range shows k0 with v1: it must be v0", 2},
		{"Delete of a key panics", faulty{do: func(l *locked, op Op) Result {
			if op.Kind == Delete && op.Key == 3 {
				panic("three")
			}
			return l.Do(op)
		}}, "Delete(k3) panics: three", 1},
	}
	// What is found is found without concurrency, so that all can be done at a time.
	failures := make([]*Failure, len(cases))
	drivers := make([]*Driver, len(cases))
	var running sync.WaitGroup
	for i, c := range cases {
		drivers[i] = driver(func() Target {
			m := c.fault
			m.locked = newFresh()
			return &m
		})
		drivers[i].Seed = uint64(i)
		running.Go(func() { failures[i] = drivers[i].Run(10*time.Second, all) })
	}
	running.Wait()
	for i, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			f, d := failures[i], drivers[i]
			if !assert.NotNil(t, f) {
				return
			}
			assert.Equal(t, "sequential", f.Mode)
			assert.Contains(t, f.What, c.says)
			assert.LessOrEqual(t, sum(*f.Scenario), c.most, "%+v", f.Scenario)
			assert.Len(t, f.Scenario.Workers, 1)
			assert.Equal(t, f.Rounds, f.Failed, "in every round")
			if again := d.Play(*f.Scenario, d.New(), 10); assert.NotNil(t, again) {
				assert.Equal(t, f.What, again.What)
			}
		})
	}
}
