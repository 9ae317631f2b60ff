package listeners

import (
	"context"
	"sync"
	"sync/atomic"
)

// Bus is the bus mended: Subscribe returns what undoes it. It is safe for
// concurrent use, also by the handlers themselves.
type Bus struct {
	last     atomic.Int64
	handlers sync.Map // of func(Event), by number
}

// Subscribe has handle called with ctx for every event until unsubscribe is called,
// which can be done more than once. Then the bus holds neither handle nor ctx, and
// no call of handle begins any more; one that has begun is not waited for, so that
// a handler can unsubscribe itself.
func (b *Bus) Subscribe(ctx context.Context, handle func(context.Context, Event)) (unsubscribe func()) {
	number := b.last.Add(1) // never used again, so that a second call finds nothing
	b.handlers.Store(number, func(e Event) { handle(ctx, e) })
	return func() { b.handlers.Delete(number) }
}

// Publish calls the handlers, in no particular order.
func (b *Bus) Publish(e Event) {
	b.handlers.Range(func(_, handler any) bool {
		handler.(func(Event))(e)
		return true
	})
}
