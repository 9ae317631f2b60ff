//go:build race

package explore

import "runtime"

// A handover is a goroutine that takes turns with the driver by channels. A
// coroutine would tell the race detector that each task's steps come before the
// next task's; these channels are hidden from it.
type handover struct {
	in  chan bool
	out chan struct{}
}

//go:norace
func (w *worker) start() {
	w.in, w.out = make(chan bool), make(chan struct{})
	go w.first()
	runtime.RaceDisable()
	<-w.out
	runtime.RaceEnable()
}

//go:norace
func (w *worker) first() {
	w.body()
}

//go:norace
func (w *worker) resume() {
	runtime.RaceDisable()
	w.in <- true
	<-w.out
	runtime.RaceEnable()
}

//go:norace
func (w *worker) park() bool {
	runtime.RaceDisable()
	w.out <- struct{}{}
	goOn := <-w.in
	runtime.RaceEnable()
	return goOn
}

//go:norace
func (w *worker) end() {
	runtime.RaceDisable()
	w.in <- false
	runtime.RaceEnable()
}
