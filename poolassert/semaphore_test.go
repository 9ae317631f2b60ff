package poolassert_test

import (
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// weighted is a semaphore of so many permits.
type weighted struct {
	sync.Mutex
	size, out int64
	refused   int // TryAcquire
}

func (w *weighted) TryAcquire(n int64) bool {
	w.Lock()
	defer w.Unlock()
	if w.out+n > w.size {
		w.refused++
		return false
	}
	w.out += n
	return true
}

func (w *weighted) Release(n int64) {
	w.Lock()
	defer w.Unlock()
	if w.out -= n; w.out < 0 {
		panic("released more than held")
	}
}

func TestSemaphore(t *testing.T) {
	for _, size := range []int64{1, 2, 3, 7, 64, 100, 1 << 40} {
		w := &weighted{size: size}
		pool := poolassert.Semaphore("permits", w, size)
		for _, out := range []int64{0, 1, size / 2, size - 1, size} {
			assert.True(t, out == 0 || w.TryAcquire(out))
			assert.Equal(t, poolassert.Stats{InUse: out, Open: size, Idle: size - out}, pool.Stats())
			w.Release(out)
			assert.Zero(t, w.out, "what a look takes it gives back")
		}
	}
}

func TestSemaphoreLeak(t *testing.T) {
	w := &weighted{size: 10}
	pool := poolassert.Semaphore("permits", w, 10)
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { w.TryAcquire(3); w.Release(3) }, pool))
	assert.False(t, poolassert.NoLeak(f, func() { w.TryAcquire(3) }, soon(pool)))
	golden(t, "semaphore", f.Errors())
	f = faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { w.Release(2) }, pool), "what was out before")
	assert.Empty(t, f.Errors()+f.Logs())
}

func TestSemaphoreOfNoSize(t *testing.T) {
	f := faketb.New("T")
	poolassert.NoLeak(f, func() {}, poolassert.Semaphore("permits", &weighted{}, 0))
	assert.Equal(t, "poolassert: permits: a semaphore of size 0: pass the size that it was made with", f.Errors())
	f = faketb.New("T")
	poolassert.NoLeak(f, func() {}, poolassert.Semaphore("permits", (*weighted)(nil), 1))
	assert.Equal(t, "poolassert: permits: what it watches is nil: open it before the check", f.Errors())
}

// A check that has too large a size would see permits out that there are not; it
// sees them at its beginning, too.
func TestSemaphoreOfWrongSize(t *testing.T) {
	w := &weighted{size: 10}
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { w.TryAcquire(3); w.Release(3) }, poolassert.Semaphore("permits", w, 12)))
	assert.False(t, poolassert.NoLeak(f, func() { w.TryAcquire(3) }, soon(poolassert.Semaphore("permits", w, 12))))
	assert.Contains(t, f.Errors(), "permits  InUse 2 → 5")
}

func TestSlots(t *testing.T) {
	taken := make(chan struct{}, 4) // who takes a slot sends
	left := make(chan []byte, 4)    // who takes a buffer receives it
	for range 4 {
		left <- make([]byte, 1)
	}
	pools := []poolassert.Pool{soon(poolassert.Slots("taken", taken)), soon(poolassert.Slots("left", left))}
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		taken <- struct{}{}
		left <- <-left
		<-taken
	}, pools...))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() {
		taken <- struct{}{}
		taken <- struct{}{}
		<-left
	}, pools...))
	golden(t, "slots", f.Errors())
	f = faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		<-taken
		left <- nil
	}, pools...), "what was out before may come back")
	assert.Empty(t, f.Errors()+f.Logs())
}
