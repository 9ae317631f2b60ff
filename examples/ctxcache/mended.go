package ctxcache

import (
	"net/http"
	"sync"
)

// Cache is the cache mended: it has the contexts of the requests that are being
// served, and no others.
type Cache struct {
	Next     http.Handler
	contexts sync.Map // of *Context, by ID
}

// ServeHTTP has Next serve the request.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := begin(w, r)
	c.contexts.Store(ctx.ID, ctx)
	defer c.contexts.Delete(ctx.ID) // deferred, as the server outlives a handler that panics
	c.Next.ServeHTTP(w, r)
}

// Lookup is the context of a request that is being served.
func (c *Cache) Lookup(id string) (*Context, bool) {
	ctx, ok := c.contexts.Load(id)
	if !ok {
		return nil, false
	}
	return ctx.(*Context), true
}
