package ordercache

import "sync"

// Leaking is the cache that is safe for many goroutines and keeps every order that
// there ever was.
type Leaking struct{ orders sync.Map } // of *Order, by ID

// Put keeps an order.
func (l *Leaking) Put(o *Order) { l.orders.Store(o.ID, o) } // and nobody calls Delete

// Get is the order of an ID, if it is kept.
func (l *Leaking) Get(id string) (*Order, bool) {
	o, ok := l.orders.Load(id)
	if !ok {
		return nil, false
	}
	return o.(*Order), true
}
