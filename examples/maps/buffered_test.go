package maps_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

func TestBuffered(t *testing.T) {
	var m maps.Buffered[string, int]
	w, other := m.Writer(), m.Writer()
	w.Store("a", 1)
	w.Store("a", 2)
	w.Store("b", 3)
	other.Store("b", 4)
	other.Delete("c")
	_, ok := m.Load("a")
	assert.False(t, ok, "not flushed yet")
	other.Flush()
	assert.Equal(t, map[string]int{"b": 4}, entries(t, &m))
	w.Flush()
	assert.Equal(t, map[string]int{"a": 2, "b": 3}, entries(t, &m), "the one that is flushed last wins")
	w.Delete("a")
	w.Flush()
	w.Flush()
	assert.Equal(t, map[string]int{"b": 3}, entries(t, &m))
	assert.Equal(t, 1, m.Len())
}

func TestBufferedWorkers(t *testing.T) {
	const workers, writes = 4, 1000
	var m maps.Buffered[int, int]
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			w := m.Writer()
			defer w.Flush()
			for i := range writes {
				w.Store(worker*writes+i, i)
				if i%2 == 1 {
					w.Delete(worker*writes + i)
				}
			}
		})
	}
	wait.Wait()
	assert.Equal(t, workers*writes/2, m.Len())
	m.Range(func(key, value int) bool { return assert.Equal(t, key%writes, value) && assert.Zero(t, value%2) })
}

// The buffer of a worker that has nothing to do keeps nothing.
func TestFlushedBufferKeepsNothing(t *testing.T) {
	var m maps.Buffered[int, *request]
	w := m.Writer()
	t.Cleanup(func() { runtime.KeepAlive(w) })
	for i := range 100 {
		value := &request{id: "value"}
		memassert.Collected(t, value)
		w.Store(i, value)
		w.Delete(i)
	}
	w.Flush()
	assert.Zero(t, m.Len())
}

// A View has the writes of others when they are flushed, and others have its own when
// it is read.
func TestViewAmongWriters(t *testing.T) {
	var v maps.View[string, int]
	w := v.Writer()
	w.Store("a", 1)
	_, ok := v.Load("a")
	assert.False(t, ok)
	w.Flush()
	n, ok := v.Load("a")
	assert.Equal(t, result{1, true}, result{n, ok})

	v.Store("a", 2)
	n, _ = v.Buffered.Load("a")
	assert.Equal(t, 1, n)
	v.Load("a")
	n, _ = v.Buffered.Load("a")
	assert.Equal(t, 2, n)
}
