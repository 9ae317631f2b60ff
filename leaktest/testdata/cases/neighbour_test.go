package cases

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

var (
	holds  = make(chan struct{}) // closed when the neighbour has what it holds
	judged = make(chan struct{}) // closed when the idle test was judged
	seen   = make(chan struct{}) // closed when the idle test has begun
	bytes  []byte
)

// TestNeighbour has no check, and gives back all it takes.
func TestNeighbour(t *testing.T) {
	if !on("neighbour") {
		return
	}
	t.Parallel()
	<-seen
	switch {
	case on("fd"):
		f := open(t, "neighbour.log")
		defer f.Close()
	case on("timer"):
		ready, stop := make(chan struct{}), make(chan struct{})
		time.AfterFunc(0, func() { close(ready); <-stop })
		<-ready
		defer close(stop)
	case on("context"):
		ready, stop := make(chan struct{}), make(chan struct{})
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		context.AfterFunc(ctx, func() { close(ready); <-stop })
		<-ready
		defer close(stop)
	case on("goroutine"):
		ready, stop := make(chan struct{}), make(chan struct{})
		go func() { close(ready); <-stop }()
		<-ready
		defer close(stop)
	case on("heap"):
		bytes = make([]byte, 1<<20)
		defer func() { bytes = nil }()
	}
	close(holds)
	<-judged
	runtime.KeepAlive(bytes)
}

// TestIdle does nothing, while its neighbour holds something.
func TestIdle(t *testing.T) {
	if !on("neighbour") {
		return
	}
	t.Parallel()
	t.Cleanup(func() { close(judged) }) // after the check
	if on("heap") {
		leaktest.Check(t, soon, leaktest.Heap())
	} else {
		leaktest.Check(t, soon)
	}
	close(seen)
	<-holds
}
