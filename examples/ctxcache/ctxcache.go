// Package ctxcache keeps what is known of each request under the request's ID, for
// those who have no more than the ID: a log line, an operator's page. It is here
// three times: as it grew with every request until the server ran out of memory,
// and mended in two ways. (What only the handlers of the request need belongs into
// its context.Context, which goes with it.)
package ctxcache

import (
	"crypto/rand"
	"net/http"
	"time"
)

// IDHeader is the header of a response that has the request's ID.
const IDHeader = "X-Request-Id"

// A Context is what is known of a request.
type Context struct {
	ID     string
	User   string
	Began  time.Time
	Header http.Header
	Buffer []byte // where handlers put together what they answer
}

// begin makes the context of a request, and tells handler and client its ID.
func begin(w http.ResponseWriter, r *http.Request) *Context {
	user, _, _ := r.BasicAuth()
	c := &Context{ID: rand.Text(), User: user, Began: time.Now()}
	c.Header = r.Header.Clone()
	c.Buffer = make([]byte, 0, 4<<10)
	w.Header().Set(IDHeader, c.ID)
	return c
}
