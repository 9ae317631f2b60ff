// Package shop leaks into every sort of container.
package shop

import (
	"container/list"
	"sync"
	"sync/atomic"
)

type Order struct{ _ [10]int }

//go:noinline
func newOrder() *Order { return &Order{} }

// Server keeps orders in its fields.
type Server struct {
	byID    map[int]*Order
	byName  map[string][]*Order
	all     []*Order
	seen    sync.Map
	last    *Order
	current atomic.Pointer[Order]
	queue   chan *Order
	slots   []*Order
	hook    func()
	notes   map[int]string
	recent  list.List
}

var server = &Server{
	byID: make(map[int]*Order), byName: make(map[string][]*Order), queue: make(chan *Order, 1000), slots: make([]*Order, 100), notes: make(map[int]string),
}

func (s *Server) Put(id int)               { s.byID[id] = newOrder() }
func (s *Server) Group(name string)        { s.byName[name] = append(s.byName[name], newOrder()) }
func (s *Server) Append()                  { s.all = append(s.all, newOrder()) }
func (s *Server) Seen(id int)              { s.seen.Store(id, newOrder()) }
func (s *Server) Meet(id int)              { s.seen.LoadOrStore(id, newOrder()) }
func (s *Server) Last()                    { s.last = newOrder() }
func (s *Server) Current()                 { s.current.Store(newOrder()) }
func (s *Server) Send()                    { s.queue <- newOrder() }
func (s *Server) Slot(i int)               { s.slots[i] = newOrder() }
func (s *Server) OnEnd()                   { o := newOrder(); s.hook = func() { _ = *o } }
func (s *Server) Note(id int, text string) { s.notes[id] += text }
func (s *Server) Recent()                  { s.recent.PushBack(newOrder()) }

func fill(orders map[int]*Order, from, n int) {
	for i := range n {
		orders[from+i] = newOrder()
	}
}

// registry is a variable of the package.
var registry = make(map[string]*Order)

// An index is shared by generic code.
type index[K comparable, V any] struct{ entries map[K]V }

func (x *index[K, V]) set(k K, v V) { x.entries[k] = v }

var orders = index[int, *Order]{entries: make(map[int]*Order)}

// A chain is linked. Its nodes are made at its head or at its tail.
type chain struct{ head, tail *node }

type node struct {
	order *Order
	next  *node
}

func (c *chain) push() {
	c.head = &node{
		newOrder(), c.head,
	}
}

func (c *chain) append() {
	n := &node{order: newOrder()}
	if c.tail == nil {
		c.head = n
	} else {
		c.tail.next = n
	}
	c.tail = n
}

var stack, waiting chain

// counters is embedded.
type counters struct{ sync.Map }

var counted struct {
	counters
	n int
}

func count(i int) { counted.n++; counted.Store(i, newOrder()) }

// other is a server that forgets what it stores.
var other = &Server{byID: make(map[int]*Order, 10)}

func (s *Server) visit(id int) {
	orders := s.byID
	orders[id] = newOrder()
	other.byID[id] = orders[id]
	other.byID[-id] = orders[id]
	delete(other.byID, id)
	delete(other.byID, -id)
}

// Keep is for other packages.
func Keep(id int) { server.Put(id) }
