// Package driver is rewritten by tests.
package driver

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Table is a map with one of everything that is rewritten.
type Table struct {
	sync.RWMutex
	entries map[string]int
	reads   atomic.Int64
	writes  uint64
	log     chan string
	done    chan struct{}
}

func New() *Table {
	t := &Table{entries: map[string]int{}, log: make(chan string, 4), done: make(chan struct{})}
	go t.drain(
		0,
	)
	return t
}

func (t *Table) drain(n int) {
	for line := range t.log {
		n += len(line)
	}
	close(t.done)
}

func (t *Table) Load(key string) (int, bool) {
	t.RLock()
	defer t.RUnlock()
	t.reads.Store(t.reads.Load() + 1)
	v, ok := t.entries[key]
	return v, ok
}

func (t *Table) Store(key string, v int) {
	t.Lock()
	defer t.Unlock()
	defer atomic.AddUint64(&t.writes, 1)
	t.entries[key] = v
	select {
	case t.log <- key:
	case <-t.done:
		panic(fmt.Sprint("stored ", v))
	}
}

func (t *Table) Close() {
	close(t.log)
	<-t.done
	runtime.Gosched()
	time.Sleep(0)
}

// Where returns the line of its caller, on a line that rewriting changes.
func (t *Table) Where() string {
	return fmt.Sprint(t.reads.Add(1), caller(), t.reads.Add(1))
}

func caller() string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprint(file, ":", line)
}

//go:nosplit
func (t *Table) leaf() int64 { return t.reads.Load() }
