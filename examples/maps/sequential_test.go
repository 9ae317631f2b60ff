package maps_test

import (
	"math/rand/v2"
	"testing"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A result is what a method returns: a value, and whether there was one or something
// was done.
type result struct {
	value any
	ok    bool
}

// An operation is done by a map, if it can, and by a built-in map. v is the value to
// store or to find, w the one to put in its place.
type operation struct {
	name    string
	do      func(m store[int, any], k int, v, w any) (r result, can bool)
	builtin func(b map[int]any, k int, v, w any) result
}

// operations are all methods but Range and Len, which are called after each.
var operations = []operation{
	{"Load", func(m store[int, any], k int, _, _ any) (r result, can bool) {
		r.value, r.ok = m.Load(k)
		return r, true
	}, load},
	{"Store", func(m store[int, any], k int, v, _ any) (result, bool) {
		m.Store(k, v)
		return result{}, true
	}, func(b map[int]any, k int, v, _ any) (r result) {
		b[k] = v
		return r
	}},
	{"Delete", func(m store[int, any], k int, _, _ any) (result, bool) {
		m.Delete(k)
		return result{}, true
	}, func(b map[int]any, k int, _, _ any) (r result) {
		delete(b, k)
		return r
	}},
	{"LoadOrStore", func(m store[int, any], k int, v, _ any) (r result, can bool) {
		x, can := m.(interface{ LoadOrStore(int, any) (any, bool) })
		if can {
			r.value, r.ok = x.LoadOrStore(k, v)
		}
		return r, can
	}, func(b map[int]any, k int, v, w any) result {
		if r := load(b, k, v, w); r.ok {
			return r
		}
		b[k] = v
		return result{v, false}
	}},
	{"LoadAndDelete", func(m store[int, any], k int, _, _ any) (r result, can bool) {
		x, can := m.(interface{ LoadAndDelete(int) (any, bool) })
		if can {
			r.value, r.ok = x.LoadAndDelete(k)
		}
		return r, can
	}, func(b map[int]any, k int, v, w any) result {
		defer delete(b, k)
		return load(b, k, v, w)
	}},
	{"Swap", func(m store[int, any], k int, v, _ any) (r result, can bool) {
		x, can := m.(interface{ Swap(int, any) (any, bool) })
		if can {
			r.value, r.ok = x.Swap(k, v)
		}
		return r, can
	}, func(b map[int]any, k int, v, w any) result {
		defer func() { b[k] = v }()
		return load(b, k, v, w)
	}},
	{"CompareAndSwap", func(m store[int, any], k int, v, w any) (r result, can bool) {
		x, can := m.(interface{ CompareAndSwap(int, any, any) bool })
		if can {
			r.ok = x.CompareAndSwap(k, v, w)
		}
		return r, can
	}, func(b map[int]any, k int, v, w any) (r result) {
		if load(b, k, v, w) == (result{v, true}) {
			b[k] = w
			r.ok = true
		}
		return r
	}},
	{"CompareAndDelete", func(m store[int, any], k int, v, _ any) (r result, can bool) {
		x, can := m.(interface{ CompareAndDelete(int, any) bool })
		if can {
			r.ok = x.CompareAndDelete(k, v)
		}
		return r, can
	}, func(b map[int]any, k int, v, w any) (r result) {
		if load(b, k, v, w) == (result{v, true}) {
			delete(b, k)
			r.ok = true
		}
		return r
	}},
	{"Clear", func(m store[int, any], k int, _, _ any) (result, bool) {
		x, can := m.(interface{ Clear() })
		can = can && k == 0 // less often, or the map would stay small
		if can {
			x.Clear()
		}
		return result{}, can
	}, func(b map[int]any, _ int, _, _ any) (r result) {
		clear(b)
		return r
	}},
}

func load(b map[int]any, k int, _, _ any) (r result) {
	r.value, r.ok = b[k]
	return r
}

func TestSequential(t *testing.T) {
	each(t, kinds[int, any](), func(t *testing.T, k kind[maps.Map[int, any]]) { compare(t, k.new()) })
}

// Nothing is wrong with the broken maps as long as there is one goroutine.
func TestBrokenSequential(t *testing.T) {
	each(t, brokenKinds[int, any](), func(t *testing.T, k kind[store[int, any]]) { compare(t, k.new()) })
}

// compare does random operations to a map and to a built-in one.
func compare(t *testing.T, m store[int, any]) {
	const keys = 40
	values := []any{nil, 0, 1, "", new(int), new(int)} // nil is a value like others
	random := rand.New(rand.NewPCG(1, 2))
	value := func() any { return values[random.IntN(len(values))] }
	builtin := make(map[int]any)
	assert.Empty(t, entries(t, m))
	for step := range 4000 {
		op, key, v, w := operations[random.IntN(len(operations))], random.IntN(keys), value(), value()
		got, can := op.do(m, key, v, w)
		if !can {
			continue
		}
		require.Equalf(t, op.builtin(builtin, key, v, w), got, "step %d: %s(%d, %v, %v)", step, op.name, key, v, w)
		if step%4 == 0 { // not after each: a View shall have something in its buffers
			require.Equalf(t, builtin, entries(t, m), "step %d: after %s(%d, %v, %v)", step, op.name, key, v, w)
		}
		if l, ok := m.(interface{ Len() int }); ok && step%4 == 2 {
			require.Equalf(t, len(builtin), l.Len(), "step %d: after %s(%d, %v, %v)", step, op.name, key, v, w)
		}
	}
}

// entries is what Range gives, each key once.
func entries[K comparable, V any](t *testing.T, m interface{ Range(func(K, V) bool) }) map[K]V {
	t.Helper()
	all := make(map[K]V)
	m.Range(func(key K, value V) bool {
		_, twice := all[key]
		require.Falsef(t, twice, "Range gives %v twice", key)
		all[key] = value
		return true
	})
	return all
}

func TestRangeStops(t *testing.T) {
	each(t, kinds[int, int](), func(t *testing.T, k kind[maps.Map[int, int]]) {
		m := k.new()
		for i := range 100 {
			m.Store(i, -i)
		}
		for _, stop := range []int{1, 50, 100} {
			calls := 0
			m.Range(func(key, value int) bool {
				assert.Equal(t, -key, value)
				calls++
				return calls < stop
			})
			assert.Equal(t, stop, calls)
		}
		m.Store(0, 1) // Range has let go of the map
	})
}

func TestRangeCallbackWrites(t *testing.T) {
	each(t, kinds[int, int](), func(t *testing.T, k kind[maps.Map[int, int]]) {
		if !k.rangeWrites {
			t.Skip("documented to wait forever")
		}
		m := k.new()
		want := make(map[int]int)
		for i := range 100 {
			m.Store(i, 0)
			want[1000+i] = i
		}
		moved := make(map[int]int)
		m.Range(func(key, _ int) bool {
			if key < 100 { // not one that the callback has stored
				moved[1000+key] = key
				m.Store(1000+key, key)
				m.Delete(key)
			}
			return true
		})
		assert.Equal(t, want, moved, "Range has given each of the entries that were there before")
		assert.Equal(t, want, entries(t, m))
	})
}

// A panic leaves no lock behind.
func TestPanics(t *testing.T) {
	each(t, kinds[any, []int](), func(t *testing.T, k kind[maps.Map[any, []int]]) {
		m := k.new()
		m.Store(1, []int{1})
		assert.Panics(t, func() { m.CompareAndSwap(1, []int{1}, nil) }, "slices can't be compared")
		assert.Panics(t, func() { m.CompareAndDelete(1, []int{1}) })
		assert.Panics(t, func() { m.Store([]int{1}, nil) }, "a slice can't be a key")
		assert.Panics(t, func() { m.Range(func(any, []int) bool { panic("stop") }) })
		m.Store(2, []int{2})
		assert.Equal(t, map[any][]int{1: {1}, 2: {2}}, entries(t, m))
	})
}
