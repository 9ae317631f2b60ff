package main

import (
	"context"
	"io"
	"iter"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// perform brings all goroutines into their states, waits until the runtime
// has minutes to tell, and writes the dump.
func perform(play string) {
	if play == "leaked" {
		startLeaks()
		// The profile asks the garbage collector; what it proves is marked from then on.
		if p := pprof.Lookup("goroutineleak"); p != nil {
			check(p.WriteTo(io.Discard, 0))
		}
		write(stacks())
		return
	}
	if play == "ancestors" {
		started := make(chan bool)
		go func() { go func() { go func() { started <- true; select {} }() }() }()
		<-started
	}
	startWaits()
	startLabelled()
	startShapes()
	startBubble()
	startCgo()

	time.Sleep(2 * time.Second)
	// A blocked goroutine's time counts from the end of the collection before
	// the one that finds it blocked: it takes two.
	runtime.GC()
	runtime.GC()
	time.Sleep(61 * time.Second)
	go spin() // only now: it would keep the others from getting into their states
	if play == "system" {
		panic("goroutine 7 [running]:\nmain.notReally()")
	}
	write(stacks())
	os.Exit(0) // the bubble never ends
}

func spin() {
	for n := 0; n >= 0; n++ {
	}
}

func stacks() []byte {
	buf := make([]byte, 4<<20)
	return buf[:runtime.Stack(buf, true)]
}

func write(text []byte) {
	_, err := os.Stdout.Write(text)
	check(err)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

var (
	mu   sync.Mutex
	rw   sync.RWMutex
	wg   sync.WaitGroup
	cond = sync.NewCond(&sync.Mutex{})

	// Variables, so that no waiter counts as leaked; two, so that a sender
	// does not wake a receiver.
	never  = make(chan int)
	unread = make(chan int)
)

func startWaits() {
	mu.Lock()
	rw.Lock()
	wg.Add(1)
	go func() { <-never }()
	go func() { unread <- 1 }()
	go func() { var c chan int; <-c }()
	go func() { var c chan int; c <- 1 }()
	go func() { select {} }()
	go func() {
		select {
		case <-never:
		case unread <- 1:
		}
	}()
	go mu.Lock()
	go rw.Lock()
	go rw.RLock()
	go wg.Wait()
	go func() { cond.L.Lock(); cond.Wait() }()
	go time.Sleep(time.Hour)
	go func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		_, _ = l.Accept()
	}()
	go func() {
		r, _, err := os.Pipe()
		check(err)
		// Fd makes it blocking: the read sits in a system call.
		f := os.NewFile(r.Fd(), "pipe")
		_, _ = f.Read(make([]byte, 1))
		runtime.KeepAlive(r)
	}()
	go func() { runtime.LockOSThread(); <-never }()
	time.AfterFunc(0, func() { <-never })
}

func startLabelled() {
	for _, labels := range [][]string{
		{"leaktest", "TestCheckout"},
		{"leaktest", "TestX/sub_1#01", "a.b/c_d", "v"},
		{"b", "q\"x\n", "leaktest", "TestX #1"},
		{"k", `]: goroutine 7 [running]:`, "l", `", "leaktest": "TestFake"}]:`},
		{"empty", "", "", "key"},
		{"\\\t\r", "\x00\x7f\xff", "é", "世界😀\ufffd"},
		{"brace", "}", "comma", "a, b: c"},
	} {
		pprof.Do(context.Background(), pprof.Labels(labels...), func(context.Context) {
			go func() { <-never }()
		})
	}
}

func startShapes() {
	go deep(200)
	go new(box[map[string]int]).wait()
	go func() { each[int](func(int) { <-never }) }()
	t := &waiter{}
	go t.wait()
	f := t.wait
	go f()
	go func() {
		defer func() { <-never }()
		panic("stays on the stack")
	}()
	go func() {
		next, _ := iter.Pull(func(yield func(int) bool) { yield(1); <-never })
		next()
		next()
	}()
	go func() {
		next, _ := iter.Pull(func(yield func(int) bool) { yield(1) })
		next() // the other half stays behind as a coroutine
		<-never
	}()
}

//go:noinline
func deep(n int) {
	if n > 0 {
		deep(n - 1)
	}
	<-never
}

type box[T any] struct{ v T }

//go:noinline
func (b *box[T]) wait() { <-never; _ = b.v }

//go:noinline
func each[T any](f func(T)) { var v T; f(v) }

type waiter struct{}

func (*waiter) wait() { inlined() }

func inlined() { <-never }

func startBubble() {
	go testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "Bubble", F: func(t *testing.T) {
			synctest.Test(t, func(*testing.T) {
				inside := make(chan int)
				go func() { <-inside }()
				go func() { select {} }()
				go func() { var wg sync.WaitGroup; wg.Add(1); wg.Wait() }()
				go mu.Lock()
				<-never // from outside, so that the bubble's clock stands still
			})
		}}}, nil, nil)
}

func startLeaks() {
	wait := make(chan bool, 4)
	go func() { c := make(chan int); wait <- true; <-c }()
	go func() { wait <- true; select {} }()
	go func() {
		// The pointer keeps it from the tiny allocator, which may put a bare
		// mutex beside something that lives, and then nothing is proven.
		var mu struct {
			sync.Mutex
			_ *int
		}
		mu.Lock()
		wait <- true
		mu.Lock()
	}()
	pprof.Do(context.Background(), pprof.Labels("leaktest", "TestLeak"), func(context.Context) {
		go func() { c := make(chan int); wait <- true; c <- 1 }()
	})
	go func() { <-never }()
	for range 4 {
		<-wait
	}
	time.Sleep(time.Second)
}
