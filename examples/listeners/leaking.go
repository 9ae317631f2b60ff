package listeners

import (
	"context"
	"sync"
	"sync/atomic"
)

// Leaking is the bus that can't unregister: each handler stays, with the context
// that it was registered with and everything that hangs on that, and is called
// for events that nobody waits for.
type Leaking struct {
	last     atomic.Int64
	handlers sync.Map // of func(Event), by number
}

// Subscribe has handle called with ctx for every event.
func (b *Leaking) Subscribe(ctx context.Context, handle func(context.Context, Event)) {
	b.handlers.Store(b.last.Add(1), func(e Event) { handle(ctx, e) })
}

// Publish calls the handlers.
func (b *Leaking) Publish(e Event) {
	b.handlers.Range(func(_, handler any) bool {
		handler.(func(Event))(e)
		return true
	})
}
