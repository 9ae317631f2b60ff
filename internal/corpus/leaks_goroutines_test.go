//go:build linux

package corpus

import (
	"context"
	"iter"
	"net"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// goroutineLeaks are judged with leaktest.Check.
var goroutineLeaks = []leak{
	{name: "receive", run: leakReceive, names: []string{"chan receive", "corpus.leakReceive"}},
	{name: "send", run: leakSend, names: []string{"chan send", "corpus.leakSend"}},
	{name: "select", run: leakSelect, names: []string{"select", "corpus.leakSelect"}},
	{name: "mutex", run: leakMutex, names: []string{"corpus.leakMutex"}},
	{name: "RWMutex", run: leakRWMutex, names: []string{"corpus.leakRWMutex"}},
	{name: "cond", run: leakCond, names: []string{"corpus.leakCond"}},
	{name: "WaitGroup", run: leakWaitGroup, names: []string{"corpus.leakWaitGroup"}},
	{name: "pipe read", run: leakPipeRead, names: []string{"IO wait", "corpus.leakPipeRead"}},
	{name: "connection read", run: leakConnRead, names: []string{"IO wait", "corpus.leakConnRead"}},
	{name: "accept loop", run: leakAccept, names: []string{"corpus.leakAccept"}},
	{name: "sleep", run: leakSleep, names: []string{"sleep", "corpus.leakSleep"}},
	{name: "ticker loop", run: leakTicker, names: []string{"corpus.leakTicker"}},
	{name: "AfterFunc armed again", run: leakAfterFunc, noted: true, names: []string{"corpus.(*rearmed).fire"}},
	{name: "context not cancelled", run: leakContext, names: []string{"corpus.leakContext"}},
	{name: "abandoned worker", run: leakAbandoned, names: []string{"chan send", "corpus.leakAbandoned"}},
	{name: "errgroup", run: leakErrgroup, names: []string{"corpus.leakErrgroup"}},
	{name: "signal", run: leakSignal, names: []string{"corpus.leakSignal"}},
	{name: "busy", run: leakBusy, names: []string{"corpus.leakBusy"}},
	{name: "iter.Pull", run: leakPull, names: []string{"corpus.leakPull"}},
	{name: "labels of its own", run: leakLabels, names: []string{"corpus.leakLabels"}},
	{name: "started by a timer", run: leakFromTimer, names: []string{"corpus.leakFromTimer"}},
	{name: "many", run: leakMany, names: []string{"+20", "corpus.leakMany"}},
	{name: "http body", run: leakHTTPBody, names: []string{"http.(*persistConn).readLoop"}},
	{name: "http server", run: leakHTTPServer, names: []string{"http.(*Server).Serve", "corpus.leakHTTPServer"}},
	{name: "http handler", run: leakHandler, names: []string{"corpus.leakHandler"}},
	{name: "exec not waited for", run: leakExec, names: []string{"exec.(*Cmd).Start", "pidfd"}},
	{name: "sql.DB", run: leakSQL, names: []string{"sql.(*DB).connectionOpener"}},
	{name: "pgxpool", needs: postgres, run: leakPgxpool, names: []string{"pgxpool.(*Pool).backgroundHealthCheck"}},
	{name: "pq listener", needs: postgres, run: leakListener, names: []string{"pq.(*Listener)"}},
	{name: "go-redis subscription", needs: redisDB, run: leakSubscription, names: []string{"go-redis.(*channel)"}},
	{name: "nats", needs: natsBus, run: leakNATS, names: []string{"nats.go.(*Conn)"}},
	{name: "amqp", needs: rabbit, run: leakAMQP, names: []string{"amqp091"}},
	{name: "grpc client", run: leakGRPC, names: []string{"grpc"}},
	{name: "gorilla websocket", run: leakGorilla, names: []string{"websocket.(*Conn).read"}},
	{name: "coder websocket", run: leakCoder, names: []string{"websocket"}},
	{name: "otel", run: leakOtel, names: []string{"trace.(*batchSpanProcessor).processQueue"}},
	{name: "fsnotify", run: leakFsnotify, names: []string{"fsnotify.(*inotify).readEvents"}},
	{name: "cron", run: leakCron, names: []string{"cron.(*Cron).run"}},
	{name: "ristretto", run: leakRistretto, names: []string{"ristretto"}},
	{name: "bigcache", run: leakBigcache, names: []string{"bigcache.newBigCache"}},
	{name: "logrus writer", run: leakLogrus, names: []string{"logrus.(*Entry).writerScanner"}},
}

func leakReceive(testing.TB) func() {
	c := make(chan int)
	go func() { <-c }()
	return func() { close(c) }
}

func leakSend(testing.TB) func() {
	c := make(chan int)
	go func() { c <- 1 }()
	return func() { <-c }
}

func leakSelect(testing.TB) func() {
	a, b := make(chan int), make(chan int)
	go func() {
		select {
		case <-a:
		case b <- 1:
		}
	}()
	return func() { close(a) }
}

func leakMutex(testing.TB) func() {
	var mu sync.Mutex
	mu.Lock()
	go func() { mu.Lock(); defer mu.Unlock() }()
	return mu.Unlock
}

func leakRWMutex(testing.TB) func() {
	var mu sync.RWMutex
	mu.RLock()
	go func() { mu.Lock(); defer mu.Unlock() }()
	return mu.RUnlock
}

func leakCond(testing.TB) func() {
	cond := sync.NewCond(new(sync.Mutex))
	over := false
	go func() {
		cond.L.Lock()
		defer cond.L.Unlock()
		for !over {
			cond.Wait()
		}
	}()
	return func() {
		cond.L.Lock()
		over = true
		cond.L.Unlock()
		cond.Broadcast()
	}
}

func leakWaitGroup(testing.TB) func() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { wg.Wait() }()
	return wg.Done
}

func leakPipeRead(t testing.TB) func() {
	r, w, err := os.Pipe()
	must(t, err)
	go func() { r.Read(make([]byte, 1)) }()
	return func() { w.Close(); r.Close() }
}

func leakConnRead(t testing.TB) func() {
	ln := local(t)
	defer ln.Close()
	conn := got(net.Dial("tcp", ln.Addr().String()))(t)
	other := got(ln.Accept())(t)
	go func() { conn.Read(make([]byte, 1)) }()
	return func() { other.Close(); conn.Close() }
}

func leakAccept(t testing.TB) func() {
	ln := local(t)
	go func() { ln.Accept() }()
	return func() { ln.Close() }
}

func leakSleep(testing.TB) func() {
	var over sync.WaitGroup
	stop := time.Now().Add(time.Hour)
	end := make(chan struct{})
	over.Go(func() {
		for time.Now().Before(stop) {
			select {
			case <-end:
				return
			default:
				time.Sleep(20 * time.Millisecond)
			}
		}
	})
	return func() { close(end); over.Wait() }
}

func leakTicker(testing.TB) func() {
	tick, stop := time.NewTicker(time.Millisecond), make(chan struct{})
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() { close(stop) }
}

// rearmed is a timer that is armed again each time it fires, and works for a while.
type rearmed struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	fired   chan struct{}
	begin   sync.Once
}

func (r *rearmed) fire() {
	r.begin.Do(func() { close(r.fired) })
	time.Sleep(5 * time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.timer.Reset(0)
	}
}

func leakAfterFunc(testing.TB) func() {
	r := &rearmed{fired: make(chan struct{})}
	r.mu.Lock()
	r.timer = time.AfterFunc(time.Millisecond, r.fire)
	r.mu.Unlock()
	<-r.fired
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.stopped = true
	}
}

func leakContext(testing.TB) func() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-ctx.Done() }()
	return cancel
}

func leakAbandoned(t testing.TB) func() {
	result, release := make(chan int), make(chan struct{})
	go func() { <-release; result <- 1 }()
	select {
	case <-result:
	case <-time.After(time.Millisecond):
	}
	close(release)
	return func() { <-result }
}

func leakErrgroup(testing.TB) func() {
	g, ctx := errgroup.WithContext(context.Background())
	ctx, cancel := context.WithCancel(ctx)
	g.Go(func() error { <-ctx.Done(); return nil })
	return func() { cancel(); g.Wait() }
}

func leakSignal(testing.TB) func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	go func() {
		for range c {
		}
	}()
	return func() { signal.Stop(c); close(c) }
}

func leakBusy(testing.TB) func() {
	stop := make(chan struct{})
	var over sync.WaitGroup
	over.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	return func() { close(stop); over.Wait() }
}

func leakPull(testing.TB) func() {
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next()
	return stop
}

func leakLabels(testing.TB) func() {
	c := make(chan int)
	pprof.Do(context.Background(), pprof.Labels("job", "1"), func(context.Context) {
		go func() { <-c }()
	})
	return func() { close(c) }
}

func leakFromTimer(testing.TB) func() {
	c, begun := make(chan int), make(chan int)
	time.AfterFunc(time.Millisecond, func() { close(begun); <-c })
	<-begun
	return func() { close(c) }
}

func leakMany(testing.TB) func() {
	c := make(chan int)
	for range 20 {
		go func() { <-c }()
	}
	return func() { close(c) }
}
