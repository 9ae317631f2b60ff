package rewritten

import (
	"sync"
	"sync/atomic"
)

// A Machine does one operation after another, for programs drawn by chance.
type Machine struct {
	x        [2]atomic.Int64
	mu       sync.RWMutex
	cond     *sync.Cond
	unbuf    chan int
	buffered chan int
}

// NewMachine returns a machine in which all is 0 and free.
func NewMachine() *Machine {
	m := &Machine{unbuf: make(chan int), buffered: make(chan int, 1)}
	m.cond = sync.NewCond(&m.mu)
	return m
}

// Do does an operation with variable or value v, and returns what it has seen.
func (m *Machine) Do(operation byte, v int) int {
	x := &m.x[v&1]
	switch operation {
	case 'l':
		return int(leakassert_at(x, 7001, 65).Load())
	case 's':
		leakassert_at(x, 7002, 66).Store(int64(v))
	case 'a':
		return int(leakassert_at(x, 7003, 67).Add(int64(v)))
	case 'c':
		if leakassert_at(x, 7004, 69).CompareAndSwap(0, int64(v)) {
			return 1
		}
	case 'L':
		leakassert_RWMutexLock(&m.mu, 7005)
	case 'U':
		leakassert_RWMutexUnlock(&m.mu, 7006)
	case 'R':
		leakassert_RWMutexRLock(&m.mu, 7007)
	case 'r':
		leakassert_RWMutexRUnlock(&m.mu, 7008)
	case 'S':
		leakassert_sendto(m.unbuf, 7009)(v)
	case 'T':
		return leakassert_receive(m.unbuf, 7010)
	case 'B':
		leakassert_sendto(m.buffered, 7011)(v)
	case 'b':
		return leakassert_receive(m.buffered, 7012)
	case 'x': // send, if that is possible at once
		c0 := leakassert_sendcase(m.unbuf)(v)
		return leakassert_select(7013, true, c0)
	case 'y': // receive from either, if that is possible at once
		c0, c1 := leakassert_receivecase(m.unbuf), leakassert_receivecase(m.buffered)
		switch leakassert_select(7014, true, c0, c1) {
		case 0:
			return 100 + c0.received()
		case 1:
			return 200 + c1.received()
		}
		return -1
	case 'w': // wait under the lock
		leakassert_RWMutexLock(&m.mu, 7015)
		leakassert_CondWait(m.cond, 7016)
		leakassert_RWMutexUnlock(&m.mu, 7017)
	case '!':
		leakassert_CondSignal(m.cond, 7018)
	}
	return 0
}
