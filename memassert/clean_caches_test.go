package memassert_test

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

var cleanCaches = []cleanBody{
	{
		name: "sync.Pool", why: "buffers go back, and a collection empties the pool",
		start: func(t *testing.T) func() {
			pool := sync.Pool{New: func() any { return new([4096]byte) }}
			return func() {
				a, b := pool.Get().(*[4096]byte), pool.Get().(*[4096]byte)
				a[0]++
				pool.Put(a)
				pool.Put(b)
			}
		},
	},
	{
		name: "lru", why: "it is full at 1000 entries; until then every call adds one",
		start: func(t *testing.T) func() {
			c := newLRU(1000)
			n := 0
			return func() {
				n++
				c.put(fmt.Sprint("key ", n), n)
			}
		},
	},
	{
		name: "slow lru", why: "it is full at 100 entries, and so slowly that there is no time for many more calls",
		start: func(t *testing.T) func() {
			c := newLRU(100)
			n := 0
			return func() {
				n++
				c.put(fmt.Sprint("key ", n), n)
				work(3e6)
			}
		},
	},
	{
		name: "map of random keys", why: "it has 500 entries at the most; another one goes for each new one",
		start: func(t *testing.T) func() {
			m := make(map[string]*item)
			return func() {
				m[fmt.Sprint(rand.IntN(100_000))] = &item{Name: "pen"}
				for key := range m {
					if len(m) <= 500 {
						break
					}
					delete(m, key)
				}
			}
		},
	},
	{
		name: "map of few keys", why: "there are 500, which random ones are ever more rarely new of",
		start: func(t *testing.T) func() {
			m := make(map[int]*item)
			return func() {
				if k := rand.IntN(500); m[k] == nil {
					m[k] = &item{Name: fmt.Sprint(k)}
				}
			}
		},
	},
	{
		name: "sync.Map", why: "what is stored is deleted a hundred calls later",
		start: func(t *testing.T) func() {
			var m sync.Map
			n := 0
			return func() {
				n++
				m.Store(n, &item{Name: "pen"})
				m.Delete(n - 100)
			}
		},
	},
	{
		name: "map that is cleared", why: "every thousand calls",
		start: func(t *testing.T) func() {
			m := make(map[int]*item)
			n := 0
			return func() {
				n++
				m[n] = &item{Name: "pen"}
				if n%1000 == 0 {
					clear(m)
				}
			}
		},
	},
	{
		name: "append and reset", why: "a slice keeps its memory, which is used again",
		start: func(t *testing.T) func() {
			var batch []*item
			return func() {
				batch = append(batch, &item{Name: "pen"})
				if len(batch) == 300 {
					clear(batch)
					batch = batch[:0]
				}
			}
		},
	},
	{
		name: "queue", why: "ten wait in it; append moves it to new memory from time to time",
		start: func(t *testing.T) func() {
			var queue []*item
			return func() {
				queue = append(queue, &item{Name: "pen"})
				if len(queue) > 10 {
					queue = queue[1:]
				}
			}
		},
	},
	{
		name: "ring buffer", why: "it wraps: a new entry takes the place of an old one",
		start: func(t *testing.T) func() {
			var ring [256][]byte
			n := 0
			return func() {
				ring[n%len(ring)] = make([]byte, 1+n%1000)
				n++
			}
		},
	},
}

// An lru keeps the entries used last.
type lru struct {
	most  int
	order *list.List
	byKey map[string]*list.Element
}

type entry struct {
	key   string
	value any
}

func newLRU(most int) *lru {
	return &lru{most, list.New(), make(map[string]*list.Element)}
}

func (c *lru) put(key string, value any) {
	if e, ok := c.byKey[key]; ok {
		e.Value.(*entry).value = value
		c.order.MoveToFront(e)
		return
	}
	c.byKey[key] = c.order.PushFront(&entry{key, value})
	if c.order.Len() > c.most {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.byKey, oldest.Value.(*entry).key)
	}
}

var worked int

// work takes time, without allocating.
func work(steps int) {
	n := 1
	for i := range steps {
		n = n*31 + i
	}
	worked = n
}
