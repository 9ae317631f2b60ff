package rewritten

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func twoLocks(broken bool) Program {
	var a, b sync.Mutex
	task := func(first, second *sync.Mutex) func() {
		return func() {
			leakassert_MutexLock(first, 1101)
			defer leakassert_MutexUnlock(first, 1102)
			leakassert_MutexLock(second, 1103)
			leakassert_MutexUnlock(second, 1104)
		}
	}
	if broken {
		return Program{Tasks: []func(){task(&a, &b), task(&b, &a)}}
	}
	return Program{Tasks: []func(){task(&a, &b), task(&a, &b)}}
}

func upgrade(broken bool) Program {
	var mu sync.RWMutex
	task := func() {
		leakassert_RWMutexRLock(&mu, 1501)
		if !broken {
			leakassert_RWMutexRUnlock(&mu, 1502)
		}
		leakassert_RWMutexLock(&mu, 1503)
		leakassert_RWMutexUnlock(&mu, 1504)
		if broken {
			leakassert_RWMutexRUnlock(&mu, 1505)
		}
	}
	return Program{Tasks: []func(){task, task}}
}

// nested reads twice: a writer between the two stops the second.
func nested(broken bool) Program {
	var mu sync.RWMutex
	return Program{Tasks: []func(){
		func() {
			leakassert_RWMutexRLock(&mu, 1601)
			if broken {
				l := mu.RLocker()
				leakassert_LockerLock(l, 1602)
				leakassert_LockerUnlock(l, 1603)
			}
			leakassert_RWMutexRUnlock(&mu, 1604)
		},
		func() {
			leakassert_RWMutexLock(&mu, 1605)
			leakassert_RWMutexUnlock(&mu, 1606)
		},
	}}
}

func pooled(broken bool) Program {
	pool := sync.Pool{New: func() any { return new(atomic.Int32) }}
	fault := ""
	task := func() {
		users := leakassert_PoolGet(&pool, 1801).(*atomic.Int32)
		if broken {
			leakassert_PoolPut(&pool, users, 1802)
		}
		if leakassert_at(users, 1803, 35).Add(1) != 1 {
			fault = "used by two"
		}
		leakassert_at(users, 1804, 35).Add(-1)
		if !broken {
			leakassert_PoolPut(&pool, users, 1805)
		}
	}
	return Program{Tasks: []func(){task, task}, After: func() string { return fault }}
}

// unlockTwice unlocks although another task has the lock by then.
func unlockTwice(broken bool) Program {
	var mu sync.Mutex
	task := func() {
		leakassert_MutexLock(&mu, 1901)
		leakassert_MutexUnlock(&mu, 1902)
		if broken {
			leakassert_MutexUnlock(&mu, 1903)
		}
	}
	return Program{Tasks: []func(){task, task}}
}

// tryLock counts; the broken form gives up where the lock is taken.
func tryLock(broken bool) Program {
	var mu sync.Mutex
	n := 0
	task := func() {
		if broken {
			if !leakassert_MutexTryLock(&mu, 2201) {
				return
			}
		} else {
			for !leakassert_MutexTryLock(&mu, 2202) {
				leakassert_Gosched(2203)
			}
		}
		n++
		leakassert_MutexUnlock(&mu, 2204)
	}
	return Program{Tasks: []func(){task, task}, After: func() string {
		if n != 2 {
			return fmt.Sprintf("the counter is %d, want 2", n)
		}
		return ""
	}}
}

// Global is a lock that outlives executions.
var Global sync.Mutex

// Holding leaves a task waiting that holds Global; its deferred call unlocks it.
func Holding() Program {
	never := make(chan int)
	return Program{Setup: func() {
		leakassert_go(func() {
			leakassert_MutexLock(&Global, 2301)
			defer leakassert_MutexUnlock(&Global, 2302)
			leakassert_receive(never, 2303)
		}, 2304)
	}}
}
