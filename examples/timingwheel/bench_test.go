package timingwheel

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// heapTimers are timers in a heap, which is how most programs would keep them.
type heapTimers struct {
	start  time.Time
	mu     sync.Mutex
	timers heapOfTimers
}

type heapTimer struct {
	of    *heapTimers
	due   time.Duration
	f     func()
	index int // -1 if it is not in the heap
}

type heapOfTimers []*heapTimer

func (h heapOfTimers) Len() int           { return len(h) }
func (h heapOfTimers) Less(i, j int) bool { return h[i].due < h[j].due }
func (h heapOfTimers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *heapOfTimers) Push(t any) {
	t.(*heapTimer).index = len(*h)
	*h = append(*h, t.(*heapTimer))
}

func (h *heapOfTimers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	t.index = -1
	return t
}

func (h *heapTimers) AfterFunc(d time.Duration, f func()) *heapTimer {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &heapTimer{of: h, due: time.Since(h.start) + d, f: f}
	heap.Push(&h.timers, t)
	return t
}

func (t *heapTimer) Stop() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.of.timers, t.index)
	return true
}

func (h *heapTimers) next(to time.Duration) func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.timers) == 0 || h.timers[0].due > to {
		return nil
	}
	return heap.Pop(&h.timers).(*heapTimer).f
}

var sizes = []struct {
	name string
	n    int
}{{"1k", 1000}, {"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}}

// BenchmarkRequest is a timeout that is added, and cancelled when n others have been
// added since: the life of nearly every timeout. All requests have the same timeout, as
// in most servers.
func BenchmarkRequest(b *testing.B) {
	benchRequests(b, func() time.Duration { return time.Minute })
}

// BenchmarkMixed is the same with timeouts of 1 min to 1 h.
func BenchmarkMixed(b *testing.B) {
	benchRequests(b, func() time.Duration { return time.Minute + rand.N(59*time.Minute) })
}

func benchRequests(b *testing.B, timeout func() time.Duration) {
	for _, size := range sizes {
		b.Run("heap/"+size.name, func(b *testing.B) {
			benchRequest(b, size.n, timeout, (&heapTimers{start: time.Now()}).AfterFunc)
		})
		b.Run("time/"+size.name, func(b *testing.B) { benchRequest(b, size.n, timeout, time.AfterFunc) })
		b.Run("wheel/"+size.name, func(b *testing.B) {
			w := Start(time.Millisecond)
			defer w.Close()
			benchRequest(b, size.n, timeout, w.AfterFunc)
		})
	}
}

func benchRequest[T interface{ Stop() bool }](b *testing.B, n int, timeout func() time.Duration, after func(time.Duration, func()) T) {
	timeouts := make([]time.Duration, 1<<16)
	for i := range timeouts {
		timeouts[i] = timeout()
	}
	late := func() { b.Error("it was stopped too late") }
	timers := make([]T, n)
	for i := range timers {
		timers[i] = after(timeouts[i%len(timeouts)], late)
	}
	i := 0
	for b.Loop() {
		timers[i%n].Stop()
		timers[i%n] = after(timeouts[i%len(timeouts)], late)
		i++
	}
	for _, t := range timers {
		t.Stop()
	}
}

// BenchmarkExpiry is a timeout that is added and fires: n of them within 4096 ticks.
// What a session costs that nobody renews. The runtime's timers have ticks of 1 ns, so
// that nobody waits for them.
func BenchmarkExpiry(b *testing.B) {
	for _, size := range sizes {
		b.Run("heap/"+size.name, func(b *testing.B) {
			h := &heapTimers{start: time.Now()}
			benchExpiry(b, size.n, func(ticks uint64, f func()) { h.AfterFunc(time.Duration(ticks), f) }, func() {
				for f := h.next(time.Hour); f != nil; f = h.next(time.Hour) {
					f()
				}
			})
		})
		b.Run("time/"+size.name, func(b *testing.B) {
			benchExpiry(b, size.n, func(ticks uint64, f func()) { time.AfterFunc(time.Duration(ticks), f) }, func() {})
		})
		b.Run("wheel/"+size.name, func(b *testing.B) {
			w := &Wheel{tick: time.Millisecond, start: time.Now(), wheel: newWheel(6, 6)}
			benchExpiry(b, size.n, func(ticks uint64, f func()) { w.AfterFunc(time.Duration(ticks)*w.tick, f) }, func() {
				to := uint64(time.Since(w.start)/w.tick) + 4096
				for f := w.next(to); f != nil; f = w.next(to) {
					f()
				}
				w.start = time.Now().Add(-time.Duration(to) * w.tick) // the clock has gone on as far
			})
		})
	}
}

func benchExpiry(b *testing.B, n int, add func(ticks uint64, f func()), turn func()) {
	ticks := make([]uint64, n)
	for i := range ticks {
		ticks[i] = 1 + rand.Uint64N(4095)
	}
	var fired atomic.Int64
	all := make(chan struct{}, 1)
	f := func() {
		if fired.Add(1) == int64(n) {
			all <- struct{}{}
		}
	}
	for b.Loop() {
		fired.Store(0)
		for _, t := range ticks {
			add(t, f)
		}
		turn()
		<-all
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N*n), "ns/timer")
}

// BenchmarkTick is a tick of a wheel on which n timers wait, each for up to an hour, and
// again when it has fired.
func BenchmarkTick(b *testing.B) {
	for _, size := range sizes {
		b.Run("wheel/"+size.name, func(b *testing.B) {
			w := newWheel(6, 6)
			for range size.n {
				w.add(&entry{due: 1 + rand.Uint64N(3_600_000)})
			}
			for b.Loop() {
				w.tick()
				for e := w.pop(); e != nil; e = w.pop() {
					e.due = w.now + 1 + rand.Uint64N(3_600_000)
					w.add(e)
				}
			}
		})
	}
}
