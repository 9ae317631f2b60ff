// Package verdicts has one test of each kind of check. Its tests pass, and with VERDICTS=leak each of them
// leaks. They need nothing but the processor and the system that they are built for.
package verdicts

import (
	"os"
	"sync"
)

// object is as large on every processor.
type object [64]byte

var (
	objects []*object
	files   []*os.File
)

func wait(c chan int) { <-c }

func start(c chan int) { go wait(c) }

func open(name string) *os.File {
	f, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	return f
}

// A list is a map from int to int. If forgetful, it keeps what is deleted.
type list struct {
	sync.Map
	forgetful bool
}

func (l *list) Load(k int) (v int, ok bool) {
	if x, found := l.Map.Load(k); found {
		return x.(int), true
	}
	return 0, false
}

func (l *list) Store(k, v int) { l.Map.Store(k, v) }

func (l *list) Delete(k int) {
	if !l.forgetful {
		l.Map.Delete(k)
	}
}

func (l *list) Range(f func(int, int) bool) {
	l.Map.Range(func(k, v any) bool { return f(k.(int), v.(int)) })
}
