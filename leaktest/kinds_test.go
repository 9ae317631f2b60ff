package leaktest_test

import (
	"context"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A kind is a way to leave a goroutine behind. leak returns how to get rid of
// it, and when it returns the goroutine is there.
type kind struct {
	name string
	leak func(t *testing.T) (release func())
	says string // what the report must contain
}

// blocked starts a goroutine through start and waits until it runs.
func blocked(start func(body func())) (release func()) {
	ready, stop, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	start(func() {
		close(ready)
		<-stop
		close(gone)
	})
	<-ready
	return func() { close(stop); <-gone }
}

type reader struct{ c net.Conn }

// readLoop has the name of a method of net/http that other checkers ignore.
func (r reader) readLoop(ready chan<- struct{}) {
	close(ready)
	_, _ = io.ReadAll(r.c)
}

func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

var kinds = []kind{
	{"a channel that is reachable", func(*testing.T) func() {
		return blocked(func(body func()) { go body() })
	}, "chan receive"},

	{"a ticker", func(*testing.T) func() {
		tick, ready, stop, gone := time.NewTicker(time.Hour), make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(gone)
			close(ready)
			select {
			case <-tick.C:
			case <-stop:
			}
		}()
		<-ready
		return func() { close(stop); <-gone; tick.Stop() }
	}, "select"},

	{"a sleep", func(*testing.T) func() {
		var stop atomic.Bool
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for !stop.Load() {
				time.Sleep(20 * time.Millisecond)
			}
		}()
		return func() { stop.Store(true); <-gone }
	}, "kinds_test.go"},

	{"a spin", func(*testing.T) func() {
		var stop atomic.Bool
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for !stop.Load() {
				runtime.Gosched()
			}
		}()
		return func() { stop.Store(true); <-gone }
	}, "kinds_test.go"},

	{"net accept", func(t *testing.T) func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = l.Accept()
		}()
		return func() { l.Close(); <-gone }
	}, "IO wait"},

	{"net read", func(t *testing.T) func() {
		a, b := tcpPair(t)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = a.Read(make([]byte, 1))
		}()
		return func() { a.Close(); b.Close(); <-gone }
	}, "IO wait"},

	{"a pipe", func(t *testing.T) func() {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = r.Read(make([]byte, 1))
		}()
		return func() { w.Close(); <-gone; r.Close() }
	}, "kinds_test.go"},

	{"an HTTP body that is not read", func(t *testing.T) func() {
		started := make(chan struct{})
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateActive {
				close(started)
			}
		}
		s.Start()
		resp, err := http.Get(s.URL)
		require.NoError(t, err)
		<-started
		return func() { resp.Body.Close(); s.Close() }
	}, "net/http"},

	{"iter.Pull without stop", func(*testing.T) func() {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		next()
		return stop
	}, "coroutine"},

	{"a stack of 200 frames", func(*testing.T) func() {
		return blocked(func(body func()) { go deep(200, body) })
	}, "leaktest_test"},

	{"a method named readLoop", func(t *testing.T) func() {
		a, b := tcpPair(t)
		ready := make(chan struct{})
		go reader{a}.readLoop(ready)
		<-ready
		return func() { b.Close(); a.Close() }
	}, "readLoop"},

	{"a mutex", func(*testing.T) func() {
		var mu sync.Mutex
		mu.Lock()
		return blockedUntil(mu.Lock, mu.Unlock)
	}, "sync.Mutex.Lock"},

	{"a condition", func(*testing.T) func() {
		c := sync.NewCond(&sync.Mutex{})
		return blockedUntil(func() { c.L.Lock(); c.Wait(); c.L.Unlock() }, func() { c.L.Lock(); c.Broadcast(); c.L.Unlock() })
	}, "sync.Cond.Wait"},

	{"a goroutine's goroutine", func(*testing.T) func() {
		return blocked(func(body func()) { go func() { go body() }() })
	}, "chan receive"},

	{"a subtest's goroutine", func(t *testing.T) (release func()) {
		t.Run("sub", func(*testing.T) { release = blocked(func(body func()) { go body() }) })
		return release
	}, "chan receive"},

	// The escapes: goroutines that do not inherit the test's label.
	{"time.AfterFunc", func(*testing.T) func() {
		return blocked(func(body func()) { time.AfterFunc(0, body) })
	}, "origin      a timer"},

	{"context.AfterFunc after a timeout", func(*testing.T) func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		release := blocked(func(body func()) { context.AfterFunc(ctx, body) })
		return func() { release(); cancel() }
	}, "origin      a goroutine that has ended"},

	{"a goroutine of a timer's goroutine", func(*testing.T) func() {
		return blocked(func(body func()) { time.AfterFunc(0, func() { go body() }) })
	}, "origin      a goroutine that has ended"},

	{"a cleanup that blocks", func(*testing.T) func() {
		release := blocked(func(body func()) {
			runtime.AddCleanup(new([64]byte), func(int) { body() }, 0)
			runtime.GC()
		})
		// The runtime keeps a goroutine for cleanups: that this one may be
		// blocked in it is noticed when any goroutine was started, and again
		// when a dump has seen it free.
		go func() {}()
		return func() {
			release()
			faketb.Run("after", func(f *faketb.TB) { leaktest.NoLeak(f, func() { go func() {}() }) })
		}
	}, "a finalizer or cleanup that does not return"},

	{"a goroutine of a cleanup", func(*testing.T) func() {
		return blocked(func(body func()) {
			runtime.AddCleanup(new([64]byte), func(int) { go body() }, 0)
			runtime.GC()
		})
	}, "origin      a goroutine that has ended"},

	{"labels of its own", func(*testing.T) func() {
		return blocked(func(body func()) {
			go pprof.Do(context.Background(), pprof.Labels("job", "7"), func(context.Context) { body() })
		})
	}, "chan receive"},

	{"started under other labels", func(*testing.T) func() {
		return blocked(func(body func()) {
			pprof.Do(context.Background(), pprof.Labels("job", "7"), func(context.Context) { go body() })
		})
	}, "chan receive"},

	{"after the test has lost its label", func(*testing.T) func() {
		return blocked(func(body func()) {
			pprof.SetGoroutineLabels(context.Background())
			go body()
		})
	}, "chan receive"},
}

func blockedUntil(block, release func()) func() {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		block()
	}()
	return func() {
		for {
			release()
			select {
			case <-gone:
				return
			case <-time.After(time.Millisecond):
				return
			}
		}
	}
}

func tcpPair(t *testing.T) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	server, err = l.Accept()
	require.NoError(t, err)
	return client, server
}

func TestEveryKindIsCaught(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var release func()
			f, panicked := faketb.Run("TestEveryKindIsCaught", func(f *faketb.TB) {
				leaktest.Check(f, leaktest.Settle(50*time.Millisecond))
				release = k.leak(t)
			})
			defer release()
			require.Nil(t, panicked)
			assert.Contains(t, f.Errors(), "TestEveryKindIsCaught leaked")
			assert.Contains(t, f.Errors(), k.says)
			assert.Empty(t, f.Logs())
		})
	}
}

// What is the same as a leak in its first moments, and goes.
func TestWhatEndsIsNoLeak(t *testing.T) {
	for name, body := range map[string]func(t *testing.T){
		"nothing":               func(*testing.T) {},
		"a goroutine that ends": func(*testing.T) { go func() {}() },
		"a goroutine that takes its time": func(*testing.T) {
			go time.Sleep(20 * time.Millisecond)
		},
		"a server that is closed": func(t *testing.T) {
			s := httptest.NewServer(http.NotFoundHandler())
			defer s.Close()
			resp, err := http.Get(s.URL)
			require.NoError(t, err)
			resp.Body.Close()
		},
		"idle connections of the default client": func(t *testing.T) {
			s := httptest.NewServer(http.NotFoundHandler())
			resp, err := http.Get(s.URL)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			s.Listener.Close()
		},
		"a finished timer": func(*testing.T) {
			done := make(chan struct{})
			time.AfterFunc(0, func() { close(done) })
			<-done
		},
		"a pending timer": func(t *testing.T) {
			timer := time.AfterFunc(time.Hour, func() {})
			t.Cleanup(func() { timer.Stop() })
		},
		"a drained pool": func(*testing.T) {
			work := make(chan int)
			var pool sync.WaitGroup
			for range 8 {
				pool.Go(func() {
					for range work {
					}
				})
			}
			for i := range 100 {
				work <- i
			}
			close(work)
			pool.Wait()
		},
		"an iterator that is stopped": func(*testing.T) {
			next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
			next()
			stop()
		},
		"a cleanup that ends": func(*testing.T) {
			runtime.AddCleanup(new([64]byte), func(int) { time.Sleep(time.Millisecond) }, 0)
			runtime.GC()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := faketb.Run("TestWhatEndsIsNoLeak", func(f *faketb.TB) {
				leaktest.Check(f)
				body(t)
			})
			assert.Empty(t, f.Errors())
			assert.Empty(t, f.Logs())
		})
	}
}
