//go:build !race

package explore

import "iter"

// A handover is a coroutine: a switch is a twentieth of what channels cost.
type handover struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

func (w *worker) start() {
	w.next, w.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		w.body()
	})
	w.next()
}

// resume runs the worker until it parks.
func (w *worker) resume() { w.next() }

// park gives control back to the driver. It returns false when the worker is to end.
func (w *worker) park() bool { return w.yield(struct{}{}) }

// end lets a parked worker end. One that is in the middle of a Goexit takes the
// goroutine with it that ends it.
func (w *worker) end() {
	if !w.spent {
		w.stop()
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.stop()
	}()
	<-ended
}
