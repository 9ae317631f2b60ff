// Package repeat is a test binary for LEAKTEST=repeat: a server that was there
// before the tests keeps one goroutine a request, which no check of one test can
// hold against anybody, and a cache keeps three in all.
package repeat

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

type server struct {
	requests chan chan<- bool
	once     sync.Once
}

func (s *server) serve() {
	for reply := range s.requests {
		go s.handle(reply)
		s.once.Do(func() {
			for range 3 {
				go s.cache()
			}
		})
	}
}

func (s *server) handle(reply chan<- bool) {
	reply <- true
	if os.Getenv("REPEAT") == "leaking" {
		<-never
	}
}

func (s *server) cache() { <-never }

// never is reachable, so that nothing is proven, and nobody closes it.
var never = make(chan struct{})

var s = &server{requests: make(chan chan<- bool)}

func TestMain(m *testing.M) {
	go s.serve()
	leaktest.Main(m, leaktest.Settle(200*time.Millisecond))
}

func TestRequests(t *testing.T) {
	for range 2 {
		reply := make(chan bool)
		s.requests <- reply
		<-reply
	}
}
