package rewritten

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func lostUpdate(broken bool) Program {
	var n atomic.Int64
	task := func() { leakassert_at(&n, 101, 67).Add(1) }
	if broken {
		task = func() {
			v := leakassert_at(&n, 102, 65).Load()
			leakassert_at(&n, 103, 66).Store(v + 1)
		}
	}
	return Program{Tasks: []func(){task, task}, After: func() string {
		if v := leakassert_at(&n, 104, 65).Load(); v != 2 {
			return fmt.Sprintf("the counter is %d, want 2", v)
		}
		return ""
	}}
}

// refcount frees when the count falls to 0; the broken form looks at the count
// again instead of at what its own decrement has left, and takes a reference
// without looking whether there is one left.
func refcount(broken bool) Program {
	var refs atomic.Int32
	var freed atomic.Bool
	fault := ""
	use := func() {
		if leakassert_at(&freed, 201, 33).Load() {
			fault = "used after it was freed"
		}
	}
	take := func() bool {
		if broken {
			if leakassert_at(&refs, 202, 33).Load() == 0 {
				return false
			}
			leakassert_at(&refs, 203, 35).Add(1)
			return true
		}
		for {
			n := leakassert_at(&refs, 204, 33).Load()
			if n == 0 {
				return false
			}
			if leakassert_at(&refs, 205, 37).CompareAndSwap(n, n+1) {
				return true
			}
		}
	}
	drop := func() {
		if leakassert_at(&refs, 206, 35).Add(-1) == 0 {
			leakassert_at(&freed, 207, 34).Store(true)
		}
	}
	return Program{
		Setup: func() { leakassert_at(&refs, 208, 34).Store(1) },
		Tasks: []func(){drop, func() {
			if take() {
				use()
				drop()
			}
		}},
		After: func() string { return fault },
	}
}

// stack is a list with a head that is swapped in; nodes are used again. The
// mended form counts changes in the head's upper bits.
func stack(broken bool) Program {
	var head atomic.Uint64
	var next [4]atomic.Uint64
	taken := [4]int{}
	bump := func(h, to uint64) uint64 {
		if broken {
			return to
		}
		return (h>>8+1)<<8 | to
	}
	pop := func() uint64 {
		for {
			h := leakassert_at(&head, 301, 65).Load()
			i := h & 0xFF
			if i == 0 {
				return 0
			}
			n := leakassert_at(&next[i], 302, 65).Load()
			if leakassert_at(&head, 303, 69).CompareAndSwap(h, bump(h, n)) {
				return i
			}
		}
	}
	push := func(i uint64) {
		for {
			h := leakassert_at(&head, 304, 65).Load()
			leakassert_at(&next[i], 305, 66).Store(h & 0xFF)
			if leakassert_at(&head, 306, 69).CompareAndSwap(h, bump(h, i)) {
				return
			}
		}
	}
	return Program{
		Setup: func() {
			push(3)
			push(2)
			push(1)
		},
		Tasks: []func(){
			func() { taken[pop()]++ },
			func() {
				a := pop()
				taken[pop()]++
				push(a)
			},
		},
		After: func() string {
			for i := pop(); i != 0; i = pop() {
				taken[i]++
			}
			for i, n := range taken[1:] {
				if n > 1 {
					return fmt.Sprintf("node %d was popped twice", i+1)
				}
			}
			return ""
		},
	}
}

// dekker lets one of two in: the broken form looks at the other's flag before it sets its own.
func dekker(broken bool) Program {
	var flag [2]atomic.Bool
	var inside atomic.Int32
	fault := ""
	task := func(me int) func() {
		return func() {
			if broken {
				if leakassert_at(&flag[1-me], 401, 33).Load() {
					return
				}
				leakassert_at(&flag[me], 402, 34).Store(true)
			} else {
				leakassert_at(&flag[me], 403, 34).Store(true)
				if leakassert_at(&flag[1-me], 404, 33).Load() {
					return
				}
			}
			if leakassert_at(&inside, 405, 35).Add(1) == 2 {
				fault = "both inside"
			}
			leakassert_at(&inside, 406, 35).Add(-1)
		}
	}
	return Program{Tasks: []func(){task(0), task(1)}, After: func() string { return fault }}
}

// spinLock waits by a loop without Gosched. The broken form takes the lock in two steps.
func spinLock(broken bool) Program {
	var lock, n atomic.Int32
	task := func() {
		if broken {
			for leakassert_at(&lock, 501, 33).Load() != 0 {
			}
			leakassert_at(&lock, 502, 34).Store(1)
		} else {
			for !leakassert_at(&lock, 503, 37).CompareAndSwap(0, 1) {
			}
		}
		v := leakassert_at(&n, 504, 33).Load()
		leakassert_at(&n, 505, 34).Store(v + 1)
		leakassert_at(&lock, 506, 34).Store(0)
	}
	return Program{Tasks: []func(){task, task}, After: func() string {
		if v := n.Load(); v != 2 {
			return fmt.Sprintf("the counter is %d, want 2", v)
		}
		return ""
	}}
}

// Duel is two tasks of points points each, for benchmarks.
func Duel(points int) Program {
	var a, b atomic.Int64
	task := func(v *atomic.Int64) func() {
		return func() {
			for range points {
				leakassert_at(v, 601, 67).Add(1)
			}
		}
	}
	return Program{Tasks: []func(){task(&a), task(&b)}}
}

// Point is one point, for benchmarks.
func Point(v *atomic.Int64) int64 { return leakassert_at(v, 602, 65).Load() }

// Points passes n points by an operation that changes nothing.
func Points(v *atomic.Int64, n int) {
	for range n {
		leakassert_at(v, 603, 66).Store(1)
	}
}

// Livelock waits for what nobody does.
func Livelock() Program {
	var flag atomic.Bool
	return Program{Tasks: []func(){
		func() {
			for !leakassert_at(&flag, 604, 33).Load() {
				leakassert_Gosched(605)
			}
		},
		func() { leakassert_at(&flag, 606, 33).Load() },
	}}
}

// Yields gives way n times.
func Yields(n int) {
	for range n {
		leakassert_Gosched(607)
	}
}

// Patient waits for a flag by loops of several operations: one locks, looks and
// unlocks, the other counts how often it has looked.
func Patient(counting bool) Program {
	var mu sync.Mutex
	var flag, looks atomic.Int32
	wait := func() {
		for done := false; !done; {
			if counting {
				leakassert_at(&looks, 621, 35).Add(1)
			}
			leakassert_MutexLock(&mu, 622)
			done = leakassert_at(&flag, 623, 33).Load() != 0
			leakassert_MutexUnlock(&mu, 624)
		}
	}
	return Program{Tasks: []func(){wait, func() {
		leakassert_MutexLock(&mu, 625)
		leakassert_at(&flag, 626, 34).Store(1)
		leakassert_MutexUnlock(&mu, 627)
	}}}
}
