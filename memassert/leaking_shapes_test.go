package memassert_test

import (
	"bytes"
	"container/heap"
	"container/list"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A shape is a container that grows by little with every call, and the same one kept
// within bounds.
type shape struct {
	name           string
	leaking, clean func() func(n int)
}

// grow is a shape whose twin does undo, too, to what is more than bound.
func grow[T any](name string, add func(v *T, n int), undo func(v *T, n int)) shape {
	return shape{name,
		func() func(int) { v := new(T); return func(n int) { add(v, n) } },
		func() func(int) { v := new(T); return func(n int) { add(v, n); undo(v, n) } },
	}
}

const bound = 100

// last leaves the last elements of a slice, where they are used again.
func last[T any](v *[]T, n int) {
	if len(*v) > bound {
		*v = (*v)[:copy(*v, (*v)[len(*v)-bound:])]
	}
}

func into[K comparable, V any](key func(int) K) (add, undo func(*map[K]V, int)) {
	add = func(m *map[K]V, n int) {
		if *m == nil {
			*m = make(map[K]V)
		}
		var zero V
		(*m)[key(n)] = zero
	}
	return add, func(m *map[K]V, n int) { delete(*m, key(n-bound)) }
}

func mapShape[K comparable, V any](name string, key func(int) K) shape {
	add, undo := into[K, V](key)
	return grow(name, add, undo)
}

func self(n int) int { return n }

type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(v any)        { *h = append(*h, v.(int)) }
func (h *ints) Pop() (v any)      { v, *h = (*h)[len(*h)-1], (*h)[:len(*h)-1]; return v }

type tree struct {
	left, right *tree
	key         int
}

type ringOf struct {
	slots [bound]any
}

type chain struct {
	next *chain
	n    int
}

var shapes = []shape{
	mapShape[int, int]("map[int]int", self),
	mapShape[int, struct{}]("map[int]struct{}", self),
	mapShape[int32, bool]("map[int32]bool", func(n int) int32 { return int32(n) }),
	mapShape[[2]int16, int8]("map of small arrays", func(n int) [2]int16 { return [2]int16{int16(n), int16(n >> 16)} }),
	mapShape[string, int]("map[string]int", strconv.Itoa),
	mapShape[int, []byte]("map[int][]byte", self),
	mapShape[any, any]("map[any]any", func(n int) any { return n }),
	grow("append int", func(v *[]int, n int) { *v = append(*v, n) }, last[int]),
	grow("append byte", func(v *[]byte, n int) { *v = append(*v, byte(n)) }, last[byte]),
	grow("append three bytes", func(v *[]byte, n int) { *v = append(*v, "abc"...) }, last[byte]),
	grow("append bool", func(v *[]bool, n int) { *v = append(*v, true) }, last[bool]),
	grow("append float64", func(v *[]float64, n int) { *v = append(*v, float64(n)) }, last[float64]),
	grow("append struct", func(v *[]struct{ a, b int32 }, n int) { *v = append(*v, struct{ a, b int32 }{1, 2}) }, last[struct{ a, b int32 }]),
	grow("append nil pointer", func(v *[]*int, n int) { *v = append(*v, nil) }, last[*int]),
	grow("append constant string", func(v *[]string, n int) { *v = append(*v, "constant") }, last[string]),
	grow("append error", func(v *[]error, n int) { *v = append(*v, errTemporary) }, last[error]),
	grow("append func", func(v *[]func(), n int) { *v = append(*v, func() {}) }, last[func()]),
	grow("append small interface", func(v *[]any, n int) { *v = append(*v, n&0xff) }, last[any]),
	grow("append tiny pointer", func(v *[]*int32, n int) { *v = append(*v, new(int32)) }, last[*int32]),
	grow("strings.Builder", func(v *strings.Builder, n int) { v.WriteByte('x') }, func(v *strings.Builder, n int) {
		if v.Len() > bound {
			v.Reset()
		}
	}),
	grow("bytes.Buffer", func(v *bytes.Buffer, n int) { v.WriteString("line") }, func(v *bytes.Buffer, n int) { v.Next(v.Len() - min(v.Len(), bound)) }),
	grow("sync.Map of ints", func(v *sync.Map, n int) { v.Store(n, n) }, func(v *sync.Map, n int) { v.Delete(n - bound) }),
	grow("container/list", func(v *list.List, n int) { v.PushBack(n) }, func(v *list.List, n int) {
		if v.Len() > bound {
			v.Remove(v.Front())
		}
	}),
	grow("container/heap", func(v *ints, n int) { heap.Push(v, n) }, func(v *ints, n int) {
		if v.Len() > bound {
			heap.Pop(v)
		}
	}),
	grow("linked list", func(v **chain, n int) { *v = &chain{*v, n} }, func(v **chain, n int) {
		if n%bound == 0 {
			*v = nil
		}
	}),
	grow("tree", func(v **tree, n int) {
		at := v
		for h := uint32(n) * 2654435761; *at != nil; h *= 2 {
			if h>>31 == 0 {
				at = &(*at).left
			} else {
				at = &(*at).right
			}
		}
		*at = &tree{key: n}
	}, func(v **tree, n int) {
		if n%bound == 0 {
			*v = nil
		}
	}),
	grow("channel that is replaced by a larger one", func(v *chan int, n int) {
		if len(*v) == cap(*v) {
			larger := make(chan int, 2*cap(*v)+1)
			for len(*v) > 0 {
				larger <- <-*v
			}
			*v = larger
		}
		*v <- n
	}, func(v *chan int, n int) {
		if len(*v) > bound {
			<-*v
		}
	}),
	grow("map of slices that grow", func(v *map[int][]int, n int) {
		if *v == nil {
			*v = make(map[int][]int)
		}
		(*v)[n%4] = append((*v)[n%4], n)
	}, func(v *map[int][]int, n int) {
		s := (*v)[n%4]
		last(&s, n)
		(*v)[n%4] = s
	}),
	grow("two-dimensional", func(v *[][]int8, n int) {
		if len(*v) == 0 || len((*v)[len(*v)-1]) == 64 {
			*v = append(*v, make([]int8, 0, 64))
		}
		row := &(*v)[len(*v)-1]
		*row = append(*row, int8(n))
	}, func(v *[][]int8, n int) {
		if len(*v) > 4 {
			copy(*v, (*v)[1:])
			*v = (*v)[:len(*v)-1]
		}
	}),
	grow("ring of values", func(v *[]any, n int) { *v = append(*v, strconv.Itoa(n)) }, func(v *[]any, n int) {
		r := ringOf{}
		copy(r.slots[:], *v)
		last(v, n)
	}),
}

// body is a body that calls it with 1, 2, 3 …
func counted(call func(int)) func() {
	n := 0
	return func() {
		n++
		call(n)
	}
}

func shapeBodies() (leaking []leakingBody, clean []cleanBody) {
	for _, s := range shapes {
		leaking = append(leaking, leakingBody{name: s.name, why: "it is never emptied", site: []string{"memassert/leaking_shapes_test.go:"}, slow: true,
			start: func(t *testing.T) func() { return counted(s.leaking()) }})
		clean = append(clean, cleanBody{name: s.name, why: "it has a bound", start: func(t *testing.T) func() { return counted(s.clean()) }})
	}
	return leaking, clean
}
