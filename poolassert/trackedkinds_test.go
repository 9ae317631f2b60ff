package poolassert_test

import (
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// A pool of each kind counts, and tells what was put twice if objects are told
// apart.
func TestTrackedKinds(t *testing.T) {
	t.Run("pointer", func(t *testing.T) { trackKind(t, func() *int64 { return new(int64) }, true) })
	t.Run("slice", func(t *testing.T) { trackKind(t, func() []int { return make([]int, 8) }, true) })
	t.Run("empty slice", func(t *testing.T) { trackKind(t, func() []byte { return make([]byte, 0, 512) }, true) })
	t.Run("slice without room", func(t *testing.T) { trackKind(t, func() []byte { return []byte{} }, false) })
	t.Run("map", func(t *testing.T) { trackKind(t, func() map[string]int { return make(map[string]int) }, true) })
	t.Run("channel", func(t *testing.T) { trackKind(t, func() chan int { return make(chan int) }, true) })
	t.Run("interface", func(t *testing.T) { trackKind(t, func() any { return new([4]int) }, true) })
	t.Run("number", func(t *testing.T) { trackKind(t, func() int { return 1 }, false) })
	t.Run("struct", func(t *testing.T) { trackKind(t, func() struct{ a, b int } { return struct{ a, b int }{} }, false) })
	t.Run("pointer to nothing", func(t *testing.T) { trackKind(t, func() *struct{} { return new(struct{}) }, false) })
	t.Run("nil", func(t *testing.T) { trackKind(t, func() *int { return nil }, false) })
	t.Run("global", func(t *testing.T) {
		p := poolassert.NewTracked("p", func() *int { return &global })
		defer p.Track()()
		v := p.Get()
		p.Put(v)
		p.Put(v)
		assert.Len(t, p.Faults(), 1)
	})
}

var global int

func trackKind[T any](t *testing.T, newT func() T, told bool) {
	p := poolassert.NewTracked("p", newT)
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		for range 10 {
			a, b := p.Get(), p.Get()
			p.Put(a)
			p.Put(b)
		}
	}, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() { p.Get(); p.Get() }, soon(p)))
	assert.Contains(t, f.Errors(), "p  InUse 0 → 2")
	assert.Equal(t, told, strings.Contains(f.Errors(), "checked out"), f.Errors())
	defer p.Track()()
	v := p.Get()
	p.Put(v)
	p.Put(v)
	assert.Equal(t, told, len(p.Faults()) == 1, "put twice")
}

// A slice that has grown is another array, and is put back in place of what was
// taken.
func TestTrackedSliceThatGrows(t *testing.T) {
	p := poolassert.NewTracked("lines", func() []byte { return make([]byte, 0, 8) })
	f := faketb.New("T")
	for range 10 {
		assert.True(t, poolassert.NoLeak(f, func() {
			b := append(p.Get()[:0], "more than there is room for"...)
			p.Put(b[:0])
		}, p))
		assert.True(t, poolassert.NoLeak(f, func() {
			b := p.Get()
			p.Put(b[1:cap(b)])
		}, p), "a part of it")
	}
	assert.Empty(t, f.Errors()+f.Logs())
}

// Of slices that have grown nobody knows which array has come back.
func TestTrackedSliceThatGrowsAndOneThatIsOut(t *testing.T) {
	p := poolassert.NewTracked("lines", func() []byte { return make([]byte, 0, 8) })
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() {
		p.Put(append(p.Get(), "more than there is room for"...)[:0])
		p.Get()
		p.Get()
	}, soon(p)))
	assert.Contains(t, f.Errors(), "lines  InUse 0 → 2")
	assert.NotContains(t, f.Errors(), "checked out")
	assert.Equal(t, 3, strings.Count(f.Errors(), "candidate"), f.Errors())
}
