package rewritten

import (
	"sync"
	"sync/atomic"
)

func waitGroup(broken bool) Program {
	var group sync.WaitGroup
	var did atomic.Int32
	work := func() { leakassert_at(&did, 1301, 35).Add(1) }
	return Program{Tasks: []func(){func() {
		for range 2 {
			if broken {
				leakassert_go(func() {
					leakassert_WaitGroupAdd(&group, 1, 1302)
					work()
					leakassert_WaitGroupDone(&group, 1303)
				}, 1304)
			} else {
				leakassert_WaitGroupGo(&group, work, 1305)
			}
		}
		leakassert_WaitGroupWait(&group, 1306)
		if n := did.Load(); n != 2 {
			panic("Wait returned before the work was done")
		}
	}}}
}

// wakeUp waits for a flag; the broken form looks at the flag outside the lock.
func wakeUp(broken bool) Program {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var flag atomic.Bool
	return Program{Tasks: []func(){
		func() {
			if broken {
				if leakassert_at(&flag, 1401, 33).Load() {
					return
				}
				leakassert_MutexLock(&mu, 1402)
				leakassert_CondWait(cond, 1403)
				leakassert_MutexUnlock(&mu, 1404)
				return
			}
			leakassert_MutexLock(&mu, 1405)
			for !leakassert_at(&flag, 1406, 33).Load() {
				leakassert_CondWait(cond, 1407)
			}
			leakassert_MutexUnlock(&mu, 1408)
		},
		func() {
			leakassert_LockerLock(cond.L, 1409)
			leakassert_at(&flag, 1410, 34).Store(true)
			leakassert_CondSignal(cond, 1411)
			leakassert_LockerUnlock(cond.L, 1412)
		},
	}}
}

// queue has one producer and two consumers; the broken form's consumer believes
// a wake-up without looking again.
func queue(broken bool) Program {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	items := 0
	take := func() {
		leakassert_MutexLock(&mu, 1701)
		if broken {
			if items == 0 {
				leakassert_CondWait(cond, 1702)
			}
		} else {
			for items == 0 {
				leakassert_CondWait(cond, 1703)
			}
		}
		if items == 0 {
			panic("took from an empty queue")
		}
		items--
		leakassert_MutexUnlock(&mu, 1704)
	}
	put := func() {
		leakassert_MutexLock(&mu, 1705)
		items++
		leakassert_CondBroadcast(cond, 1706)
		leakassert_MutexUnlock(&mu, 1707)
	}
	return Program{Tasks: []func(){take, take, func() {
		put()
		put()
	}}}
}
