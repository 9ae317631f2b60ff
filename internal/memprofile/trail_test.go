package memprofile_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"testing"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:noinline
func watchSignals() context.CancelFunc {
	_, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	return cancel
}

//go:noinline
func fetch(t *testing.T, c *http.Client, url string) {
	r, err := c.Get(url)
	require.NoError(t, err)
	t.Cleanup(func() { r.Body.Close() })
}

//go:noinline
func serve() *httptest.Server { return httptest.NewServer(http.NotFoundHandler()) }

// createdBy is the go statement of the goroutine that runs a function.
func createdBy(t *testing.T, function string) (created goroutine.Frame) {
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for rec := range stacks.All() {
			if g, err := rec.Parse(); err == nil && len(g.Frames) > 0 && g.Frames[len(g.Frames)-1].Func == function {
				created = g.CreatedBy
			}
		}
	})
	require.NotEmpty(t, created.Func, function)
	return created
}

// The stack of a goroutine of the standard library names no call of a user's, and that of
// its go statement may not either.
func TestTrail(t *testing.T) {
	defer procstate.RecordAllocations()()
	defer watchSignals()()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 1<<20)) }))
	t.Cleanup(server.Close)
	fetch(t, &http.Client{Transport: &http.Transport{}}, server.URL)

	trail := memprofile.NewTrail()
	for function, want := range map[string]string{
		"os/signal.NotifyContext.func1":     "watchSignals",
		"net/http.(*persistConn).writeLoop": "fetch",
	} {
		call, ok := trail.To(createdBy(t, function), probe.Scope{Test: t.Name()})
		assert.True(t, ok, function)
		assert.Equal(t, "github.com/leakassert/leakassert/internal/memprofile_test."+want, call.Func)
	}
	_, ok := trail.To(goroutine.Frame{Func: "no.such"}, probe.Scope{})
	assert.False(t, ok)

	another := serve()
	t.Cleanup(another.Close)
	_, ok = memprofile.NewTrail().To(createdBy(t, "net/http/httptest.(*Server).goServe.func1"), probe.Scope{Test: t.Name()})
	assert.False(t, ok, "by one of two")
}
