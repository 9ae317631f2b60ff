//go:build linux && (amd64 || arm64)

package retain_test

import (
	"context"
	"iter"
	"os"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/leakassert/leakassert/internal/retain"
	"github.com/stretchr/testify/require"
)

// waits are ways of being blocked. Each starts goroutines, of which the first is asked about.
var waits = []struct {
	name   string
	start  func(t *testing.T, goroutine func(func())) (free func())
	want   []retain.Wait
	proven bool
	shared bool // with other values, so that it depends on them what is proven
}{
	{"receive", func(t *testing.T, g func(func())) func() {
		g(func() { receive(queue.jobs) })
		return func() { queue.jobs <- "" }
	}, []retain.Wait{{On: "chan string", HeldBy: "retain_test.queue.jobs"}}, false, false},
	{"receive from what nobody has", func(t *testing.T, g func(func())) func() {
		g(func() { receive(make(chan string)) })
		return func() {}
	}, []retain.Wait{{On: "chan string", Nobody: true}}, true, false},
	{"send", func(t *testing.T, g func(func())) func() {
		g(func() { send(queue.jobs) })
		return func() { <-queue.jobs }
	}, []retain.Wait{{On: "chan string", HeldBy: "retain_test.queue.jobs"}}, false, false},
	{"send to what nobody has", func(t *testing.T, g func(func())) func() {
		g(func() { send(make(chan string)) })
		return func() {}
	}, []retain.Wait{{On: "chan string", Nobody: true}}, true, false},
	{"select", func(t *testing.T, g func(func())) func() {
		g(func() { either(queue.jobs, queue.done) })
		return func() { queue.jobs <- "" }
	}, []retain.Wait{{On: "chan string", HeldBy: "retain_test.queue.jobs"}, {On: "chan struct {}", HeldBy: "retain_test.queue.done"}}, false, false},
	{"select of one that can come", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { either(c, queue.done) })
		return func() { c <- "" }
	}, nil, false, false},
	{"select of what nobody has", func(t *testing.T, g func(func())) func() {
		g(func() { either(make(chan string), make(chan struct{})) })
		return func() {}
	}, []retain.Wait{{On: "chan string", Nobody: true}, {On: "chan struct {}", Nobody: true}}, true, false},
	{"select without cases", func(t *testing.T, g func(func())) func() {
		g(func() { select {} })
		return func() {}
	}, []retain.Wait{{On: "nothing", Nobody: true, Never: true}}, true, false},
	{"nil channel", func(t *testing.T, g func(func())) func() {
		g(func() { receive(nil) })
		return func() {}
	}, []retain.Wait{{On: "a nil channel", Nobody: true, Never: true}}, true, false},
	{"mutex", func(t *testing.T, g func(func())) func() {
		queue.mu.Lock()
		g(func() { lock(&queue.mu) })
		return queue.mu.Unlock
	}, []retain.Wait{{On: "sync.Mutex", HeldBy: "retain_test.queue.mu"}}, false, false},
	{"mutex that nobody has", func(t *testing.T, g func(func())) func() {
		g(func() {
			s := &server{name: "s"}
			s.mu.Lock()
			lock(&s.mu)
		})
		return func() {}
	}, []retain.Wait{{On: "sync.Mutex", Nobody: true}}, true, false},
	{"mutex in a block with others", func(t *testing.T, g func(func())) func() {
		g(func() {
			mu := new(sync.Mutex)
			mu.Lock()
			lock(mu)
		})
		return func() {}
	}, nil, false, true},
	{"reader of a lock", func(t *testing.T, g func(func())) func() {
		queue.rw.Lock()
		g(func() {
			queue.rw.RLock()
			defer queue.rw.RUnlock()
		})
		return queue.rw.Unlock
	}, []retain.Wait{{On: "sync.RWMutex", HeldBy: "retain_test.queue.rw"}}, false, false},
	{"writer of a lock that nobody has", func(t *testing.T, g func(func())) func() {
		g(func() {
			rw := new(sync.RWMutex)
			rw.RLock()
			rw.Lock()
		})
		return func() {}
	}, []retain.Wait{{On: "sync.RWMutex", Nobody: true}}, true, false},
	{"group", func(t *testing.T, g func(func())) func() {
		queue.all.Add(1)
		g(queue.all.Wait)
		return queue.all.Done
	}, []retain.Wait{{On: "sync.WaitGroup", HeldBy: "retain_test.queue.all"}}, false, false},
	{"group that nobody has", func(t *testing.T, g func(func())) func() {
		g(func() {
			all := new(sync.WaitGroup)
			all.Add(1)
			all.Wait()
		})
		return func() {}
	}, []retain.Wait{{On: "sync.WaitGroup", Nobody: true}}, true, false},
	{"condition", func(t *testing.T, g func(func())) func() {
		queue.cond = sync.NewCond(new(sync.Mutex))
		g(func() { wait(queue.cond) })
		return queue.cond.Broadcast
	}, []retain.Wait{{On: "sync.Cond", HeldBy: "retain_test.queue.cond"}}, false, false},
	{"condition that nobody has", func(t *testing.T, g func(func())) func() {
		g(func() { wait(sync.NewCond(new(sync.Mutex))) })
		return func() {}
	}, []retain.Wait{{On: "sync.Cond", Nobody: true}}, true, false},
	{"channel of a pending timer", func(t *testing.T, g func(func())) func() {
		timer := make(chan *time.Timer, 1)
		g(func() {
			t := time.NewTimer(time.Hour)
			timer <- t
			<-t.C
		})
		t1 := <-timer
		return func() { t1.Reset(0) }
	}, nil, false, false},
	{"what only a pending timer's function has", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		timer := time.AfterFunc(time.Hour, func() { close(c) })
		g(func() { receive(c) })
		return func() { timer.Reset(0) }
	}, nil, false, false},
	{"what only a cleanup has", func(t *testing.T, g func(func())) func() {
		c, object := make(chan string), new([64]byte)
		runtime.AddCleanup(object, func(c chan string) { close(c) }, c)
		g(func() { receive(c) })
		return func() { runtime.KeepAlive(object) }
	}, nil, false, false},
	{"what only a finalizer has", func(t *testing.T, g func(func())) func() {
		s := &server{jobs: make(chan string)}
		runtime.SetFinalizer(s, func(s *server) { close(s.jobs) })
		g(func() { receive(s.jobs) })
		return func() { runtime.KeepAlive(s) }
	}, nil, false, false},
	{"what only a cgo handle could have", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		handles.Store(uintptr(1), any(c))
		g(func() { receive(c) })
		return func() { handles.Delete(uintptr(1)); close(c) }
	}, []retain.Wait{{On: "chan string", HeldBy: "retain_test.handles (sync.Map)[…].(chan string)"}}, false, false},
	{"two that wait for each other", func(t *testing.T, g func(func())) func() {
		a, b := make(chan string), make(chan string)
		g(func() { keepsAndReceives(a, b) })
		g(func() { keepsAndReceives(b, a) })
		return func() {}
	}, []retain.Wait{{On: "chan string", Nobody: true}}, true, false},
	{"one that another has, which can be woken", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		g(func() { keepsAndReceives(queue.jobs, c) })
		return func() { queue.jobs <- "" }
	}, []retain.Wait{{On: "chan string", HeldBy: "goroutine N, retain_test.keepsAndReceives: kept"}}, false, false},
	{"a deferred call", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		g(func() {
			defer close(c)
			receive(queue.jobs)
		})
		return func() { queue.jobs <- "" }
	}, nil, false, false},
	{"deferred calls of a loop", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		g(func() {
			for range 2 {
				defer func() { c <- "" }()
			}
			receive(queue.jobs)
		})
		return func() { queue.jobs <- "" }
	}, nil, false, false},
	{"a call deferred in the body of an iteration", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		g(func() {
			for range twice {
				defer func() { c <- "" }()
			}
			receive(queue.jobs)
		})
		return func() { queue.jobs <- "" }
	}, nil, false, false},
	{"an iteration that is pulled", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		next, _ := iter.Pull(func(yield func(int) bool) {
			yield(1)
			close(c)
		})
		next()
		pulled = next
		return func() { pulled(); pulled = nil }
	}, nil, false, false},
	{"a goroutine that reads", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		r, w, err := os.Pipe()
		require.NoError(t, err)
		go func() {
			_, _ = r.Read(make([]byte, 1))
			close(c)
		}()
		return func() { w.Close() }
	}, nil, false, false},
	{"a goroutine that computes", func(t *testing.T, g func(func())) func() {
		c, stop := make(chan string), new(atomic.Bool)
		g(func() { receive(c) })
		go func() {
			for !stop.Load() {
			}
			close(c)
		}()
		return func() { stop.Store(true) }
	}, nil, false, false},
	{"a call by reflection", func(t *testing.T, g func(func())) func() {
		c := make(chan string)
		g(func() { receive(c) })
		g(func() {
			reflect.ValueOf(keepsAndReceives).Call([]reflect.Value{reflect.ValueOf(queue.jobs), reflect.ValueOf(c)})
		})
		return func() { queue.jobs <- "" }
	}, nil, false, false},
	{"the end of a context", func(t *testing.T, g func(func())) func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		g(func() { <-ctx.Done() })
		return cancel
	}, nil, false, false},
	{"a context that nobody ends", func(t *testing.T, g func(func())) func() {
		g(func() {
			ctx, cancel := context.WithCancel(context.Background())
			<-ctx.Done()
			cancel()
		})
		return func() {}
	}, []retain.Wait{{On: "chan struct {}", Nobody: true}}, true, false},
	{"a weak pointer", func(t *testing.T, g func(func())) func() {
		s := &server{jobs: make(chan string)}
		weakly = weak.Make(s)
		g(func() { receive(s.jobs) })
		return func() {}
	}, []retain.Wait{{On: "chan string", Nobody: true}}, true, false},
}
