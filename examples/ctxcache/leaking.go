package ctxcache

import (
	"net/http"
	"sync"
)

// Leaking is the cache that nothing is deleted from: each request leaves its
// context behind, with its headers and its buffer, for as long as the server runs.
type Leaking struct {
	Next     http.Handler
	contexts sync.Map // of *Context, by ID
}

// ServeHTTP has Next serve the request.
func (l *Leaking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := begin(w, r)
	l.contexts.Store(c.ID, c) // and nobody calls Delete
	l.Next.ServeHTTP(w, r)
}

// Lookup is the context of a request.
func (l *Leaking) Lookup(id string) (*Context, bool) {
	c, ok := l.contexts.Load(id)
	if !ok {
		return nil, false
	}
	return c.(*Context), true
}
