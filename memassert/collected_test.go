package memassert_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

type task struct{ id, tries int64 }

// lastTask is a slot that keeps what was put there last: no growth shows it.
var lastTask *task

//go:noinline
func watch(t memassert.TB, n, keep int) (kept []*task) {
	for i := range n {
		p := &task{id: int64(i), tries: 1}
		if i < keep {
			kept = append(kept, p)
		}
		memassert.Collected(t, p, soon)
	}
	return kept
}

func TestCollected(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) { watch(f, 400, 0) })
	assert.Empty(t, f.Errors()+f.Logs())

	var kept []*task
	f, _ = faketb.Run("T", func(f *faketb.TB) { kept = watch(f, 400, 350) })
	golden(t, "collected", f.Errors())
	runtime.KeepAlive(kept)

	f, _ = faketb.Run("T", func(f *faketb.TB) {
		lastTask = &task{id: 1}
		memassert.Collected(f, lastTask, soon)
	})
	golden(t, "collected-one", f.Errors())
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		memassert.Collected(f, lastTask)
		f.Cleanup(func() { lastTask = nil })
	})
	assert.Empty(t, f.Errors(), "a cleanup that is registered later releases it")
}

// What waits for a finalizer is waited for, and a finalizer that keeps its object
// is found.
func TestCollectedWithFinalizers(t *testing.T) {
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		p := newSession("a")
		runtime.SetFinalizer(p, func(*session) {})
		memassert.Collected(f, p)
		q := newSession("b")
		runtime.AddCleanup(q, func(int) {}, 1)
		memassert.Collected(f, q)
	})
	assert.Empty(t, f.Errors())

	var cleanup runtime.Cleanup
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		p := &struct{ next *session }{newSession("a")}
		q := &struct {
			session
			back any
		}{back: p}
		p.next = &q.session
		cleanup = runtime.AddCleanup(p, func(*session) {}, p.next) // which leads back to p
		memassert.Collected(f, p, soon)
	})
	assert.Contains(t, f.Errors(), "still alive")
	cleanup.Stop()
}

// Many types in one test, and more than one place.
func TestCollectedOfManyTypes(t *testing.T) {
	var kept []any
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		a, b := newSession("a"), &task{}
		kept = append(kept, a, b)
		memassert.Collected(f, a, soon)
		memassert.Collected(f, b, soon)
		memassert.Collected(f, newSession("b"), soon)
		memassert.Collected(f, new([]string), soon)
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 2 objects")
	assert.Contains(t, f.Errors(), "1 of 2 *memassert_test.session still alive")
	assert.Contains(t, f.Errors(), "heap       +1  *memassert_test.task still alive")
	assert.Len(t, kept, 2)
}

var global = task{id: 1}

func TestCollectedRefuses(t *testing.T) {
	refused := func(call func(memassert.TB)) string {
		f, _ := faketb.Run("T", func(f *faketb.TB) { call(f) })
		return f.Errors()
	}
	tasks := make([]task, 3)
	pair := &struct{ a, b task }{}
	small := 7
	assert.Equal(t, "memassert.Collected: the pointer is nil", refused(func(f memassert.TB) { memassert.Collected[task](f, nil) }))
	assert.Equal(t, "memassert.Collected: a struct {} takes no memory: all of them are at one address, which is never freed",
		refused(func(f memassert.TB) { memassert.Collected(f, &struct{}{}) }))
	assert.Equal(t, "memassert.Collected: a int is small and has no pointers: it shares a block of 16 bytes with others, and the block is freed with the last of them; watch what holds it",
		refused(func(f memassert.TB) { memassert.Collected(f, &small) }))
	assert.Equal(t, "memassert.Collected: it is not in the heap: a package's variable is never freed",
		refused(func(f memassert.TB) { memassert.Collected(f, &global) }))
	assert.Equal(t, "memassert.Collected: it is 16 bytes inside of a larger object, as a field or an element, and is freed with that object: watch the object",
		refused(func(f memassert.TB) { memassert.Collected(f, &tasks[1]) }))
	assert.Equal(t, "memassert.Collected: it is 16 bytes inside of a larger object, as a field or an element, and is freed with that object: watch the object",
		refused(func(f memassert.TB) { memassert.Collected(f, &pair.b) }))
	assert.Empty(t, refused(func(f memassert.TB) { memassert.Collected(f, new([2]uint64)) }), "16 bytes are enough")
	assert.Empty(t, refused(func(f memassert.TB) { memassert.Collected(f, new(*int)) }), "and so is a pointer")
	assert.Contains(t, refused(func(f memassert.TB) { f.Cleanup(func() { memassert.Collected(f, &task{}) }) }), "is called from a cleanup")
	runtime.KeepAlive(pair)
}
