package bench

import "sync"

// park starts n goroutines that do nothing, as the connections, caches and
// workers of a large test binary do, and returns when they are there.
func park(n int) (release func()) {
	stop := make(chan struct{})
	var ready, gone sync.WaitGroup
	ready.Add(n)
	for range n {
		gone.Go(func() {
			ready.Done()
			<-stop
		})
	}
	ready.Wait()
	return func() {
		close(stop)
		gone.Wait()
	}
}
