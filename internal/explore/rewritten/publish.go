package rewritten

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Publish hands plain variables from task to task in every way that orders
// them. The race detector must find nothing.
func Publish() Program {
	var mu sync.Mutex
	var rw sync.RWMutex
	var group sync.WaitGroup
	var o sync.Once
	pool := sync.Pool{New: func() any { return new(int) }}
	cond := sync.NewCond(&mu)
	unbuffered, buffered, chosen, closed := make(chan *int), make(chan *int, 1), make(chan *int), make(chan bool)
	var set, guarded, read, initial, spawned, ready, last int
	take := func(p *int) {
		*p++
		last += *p
	}
	return Program{
		Setup: func() { set = 1 },
		Tasks: []func(){
			func() {
				leakassert_sendto(unbuffered, 6001)(&[]int{set}[0])
				leakassert_sendto(buffered, 6002)(new(int))
				c0 := leakassert_sendcase(chosen)(new(int))
				leakassert_select(6003, false, c0)
				leakassert_MutexLock(&mu, 6004)
				guarded++
				ready++
				leakassert_CondSignal(cond, 6005)
				leakassert_MutexUnlock(&mu, 6006)
				leakassert_RWMutexLock(&rw, 6007)
				read++
				leakassert_RWMutexUnlock(&rw, 6008)
				leakassert_OnceDo(&o, func() { initial++ }, 6009)
				p := leakassert_PoolGet(&pool, 6010).(*int)
				*p++
				leakassert_PoolPut(&pool, p, 6011)
				last = 1
				leakassert_close(closed, 6012)
			},
			func() {
				take := func(p *int) { *p += set }
				take(leakassert_receive(unbuffered, 6013))
				take(leakassert_receive(buffered, 6014))
				c0 := leakassert_receivecase(chosen)
				leakassert_select(6015, false, c0)
				take(c0.received())
				leakassert_MutexLock(&mu, 6016)
				for ready == 0 {
					leakassert_CondWait(cond, 6017)
				}
				guarded++
				leakassert_MutexUnlock(&mu, 6018)
				leakassert_RWMutexRLock(&rw, 6019)
				_ = read
				leakassert_RWMutexRUnlock(&rw, 6020)
				leakassert_OnceDo(&o, func() { initial++ }, 6021)
				_ = initial
				p := leakassert_PoolGet(&pool, 6022).(*int)
				*p++
				leakassert_PoolPut(&pool, p, 6023)
				leakassert_WaitGroupAdd(&group, 1, 6024)
				spawned = 1
				leakassert_go(func() {
					spawned++
					leakassert_WaitGroupDone(&group, 6025)
				}, 6026)
				leakassert_WaitGroupWait(&group, 6027)
				spawned++
				leakassert_receive(closed, 6028)
				last++
			},
		},
		After: func() string {
			take(new(int))
			if guarded != 2 || spawned != 3 || initial != 1 || last != 3 {
				return fmt.Sprint(guarded, spawned, initial, last)
			}
			return ""
		},
	}
}

// Racy writes a variable beside points that order nothing.
func Racy() Program {
	var a, b atomic.Int64
	n := 0
	task := func(v *atomic.Int64) func() {
		return func() {
			leakassert_at(v, 6101, 67).Add(1)
			n++
			leakassert_at(v, 6102, 67).Add(1)
		}
	}
	return Program{Tasks: []func(){task(&a), task(&b)}}
}
