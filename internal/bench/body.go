package bench

import "sync"

// empty starts nothing.
func empty() {}

// goroutine starts one goroutine and waits for it.
func goroutine() {
	var wg sync.WaitGroup
	wg.Go(func() {})
	wg.Wait()
}

const leakCount = 10

// hold is what leaked goroutines wait on: reachable, so that no profile of the
// runtime proves them leaked and every checker has to settle.
var hold chan struct{}

// leak leaves ten blocked goroutines behind, until release is called; not again
// before that.
func leak() (release func()) {
	hold = make(chan struct{})
	var ready, gone sync.WaitGroup
	ready.Add(leakCount)
	for range leakCount {
		gone.Go(func() {
			ready.Done()
			<-hold
		})
	}
	ready.Wait()
	return func() {
		close(hold)
		gone.Wait()
	}
}
