package poolassert_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

func newBuffers() *poolassert.Tracked[*bytes.Buffer] {
	return poolassert.NewTracked("buffers", func() *bytes.Buffer { return new(bytes.Buffer) })
}

// These use a pool wrongly, and the reports name them. The lines are in the golden
// files.

func takeAndForget(p *poolassert.Tracked[*bytes.Buffer]) { p.Get() }

func putTwice(p *poolassert.Tracked[*bytes.Buffer]) {
	b := p.Get()
	p.Put(b)
	putAgain(p, b)
}

func putAgain(p *poolassert.Tracked[*bytes.Buffer], b *bytes.Buffer) { p.Put(b) }

func putStranger(p *poolassert.Tracked[*bytes.Buffer]) { p.Put(new(bytes.Buffer)) }

func putIntoOther(from, into *poolassert.Tracked[*bytes.Buffer]) { putAgain(into, from.Get()) }

func TestTrackedReports(t *testing.T) {
	others := poolassert.NewTracked("others", func() *bytes.Buffer { return new(bytes.Buffer) })
	for name, use := range map[string]func(*poolassert.Tracked[*bytes.Buffer]){
		"trackedout":      func(p *poolassert.Tracked[*bytes.Buffer]) { takeAndForget(p); takeAndForget(p); p.Put(p.Get()) },
		"trackedtwice":    putTwice,
		"trackedstranger": putStranger,
		"trackedother":    func(p *poolassert.Tracked[*bytes.Buffer]) { putIntoOther(others, p) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newBuffers()
			pools := []poolassert.Pool{soon(p), soon(others)}
			f := faketb.New("T")
			assert.False(t, poolassert.NoLeak(f, func() { use(p) }, pools...))
			golden(t, name, f.Errors())
			f = faketb.New("T")
			assert.True(t, poolassert.NoLeak(f, func() { p.Put(p.Get()) }, p), "each check has its own account")
			assert.Empty(t, f.Errors()+f.Logs())
		})
	}
}

func TestTrackedClean(t *testing.T) {
	p := newBuffers()
	f := faketb.New("T")
	for range 100 {
		assert.True(t, poolassert.NoLeak(f, func() {
			a, b := p.Get(), p.Get()
			p.Put(a)
			a = p.Get()
			p.Put(b)
			p.Put(a)
		}, p))
	}
	assert.Empty(t, f.Errors()+f.Logs())
}

// Without tracking a pool is a sync.Pool.
func TestTrackedOff(t *testing.T) {
	p := newBuffers()
	b := p.Get()
	p.Put(b)
	p.Put(b)
	p.Put(new(bytes.Buffer))
	assert.Zero(t, p.Stats().InUse)
	assert.Empty(t, p.Held())
	assert.Empty(t, p.Faults())
	assert.Nil(t, poolassert.NewTracked[*bytes.Buffer]("none", nil).Get())
	assert.Nil(t, poolassert.NewTracked[any]("none", nil).Get())
}

// What was taken before a check begins may be put back while it lasts, and hides
// nothing that is taken meanwhile.
func TestTrackedBegunMidway(t *testing.T) {
	p := newBuffers()
	before := []*bytes.Buffer{p.Get(), p.Get()}
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { p.Put(before[0]) }, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() { p.Put(before[1]); takeAndForget(p) }, soon(p)))
	assert.Contains(t, f.Errors(), "buffers  InUse 0 → 1")
	f = faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { putTwice(p) }, soon(p)))
	assert.Contains(t, f.Errors(), "put twice")
}

// Of what happened before a check its report says nothing, also while tracking is
// on all the time.
func TestTrackedFaultBeforeTheCheck(t *testing.T) {
	p := newBuffers()
	stop := p.Track()
	defer stop()
	putTwice(p)
	assert.Len(t, p.Faults(), 1)
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { p.Put(p.Get()) }, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() { putTwice(p) }, p))
	assert.Contains(t, f.Errors(), "1 wrong use")
}

// What was put twice is handed out once.
func TestTrackedPutTwiceIsNotTakenIn(t *testing.T) {
	p := newBuffers()
	defer p.Track()()
	for range 100 {
		b := p.Get()
		p.Put(b)
		p.Put(b)
		x, y := p.Get(), p.Get()
		assert.NotSame(t, x, y)
		p.Put(x)
		p.Put(y)
	}
}

// The collector frees what is in a pool; what is made at the same address later is
// another object.
func TestTrackedCollectedBetweenUses(t *testing.T) {
	pointers, slices := newBuffers(), poolassert.NewTracked("slices", func() []byte { return make([]byte, 0, 64) })
	defer pointers.Track()()
	defer slices.Track()()
	for range 50 {
		for range 100 {
			a, b := pointers.Get(), slices.Get()
			pointers.Put(a)
			slices.Put(b)
		}
		runtime.GC()
	}
	assert.Empty(t, pointers.Faults())
	assert.Empty(t, slices.Faults())
}

func TestTrackedFromManyGoroutines(t *testing.T) {
	p := newBuffers()
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				var held []*bytes.Buffer
				for i := range 2000 {
					b := p.Get()
					b.WriteString("x") // -race tells if another one has it
					if held = append(held, b); len(held) > g {
						for _, b := range held {
							b.Reset()
							p.Put(b)
						}
						held = held[:0]
					}
					if g == 0 && i%500 == 0 {
						runtime.GC()
					}
				}
				for _, b := range held {
					p.Put(b)
				}
			})
		}
		all.Wait()
	}, p))
	assert.Empty(t, f.Errors()+f.Logs())
}

// Tracking may begin and end while the pool is in use.
func TestTrackedOnAndOff(t *testing.T) {
	p := newBuffers()
	end := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
					b := p.Get()
					b.WriteString("x")
					b.Reset()
					p.Put(b)
				}
			}
		})
	}
	for range 200 {
		stop := p.Track()
		assert.Empty(t, p.Faults())
		stop()
		assert.Empty(t, p.Faults(), fmt.Sprint(p.Faults()))
	}
	close(end)
	all.Wait()
}

// A Get that is under way when tracking begins is one from before.
func TestTrackedBegunDuringTheFirstGet(t *testing.T) {
	for range 2000 {
		p := newBuffers()
		got := make(chan *bytes.Buffer)
		go func() { got <- p.Get() }()
		stop := p.Track()
		p.Put(<-got)
		assert.Empty(t, p.Faults())
		stop()
	}
}
