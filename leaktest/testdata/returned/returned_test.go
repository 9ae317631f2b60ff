// Package returned is a test binary for the tests of leaktest.Main: what hangs on
// t.Context() is gone when the cleanups run.
package returned

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

var server *httptest.Server

func TestMain(m *testing.M) {
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
		w.(http.Flusher).Flush()
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	}))
	leaktest.Main(m)
}

func get(t *testing.T, path string) *http.Response {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestLeaksBody(t *testing.T) { get(t, "/slow") }

// TestLeaksBodyBesideACleanup has a cleanup that runs after the check.
func TestLeaksBodyBesideACleanup(t *testing.T) {
	t.Cleanup(func() {})
	leaktest.Check(t)
	get(t, "/slow")
}

func TestClosesBeforeACheck(t *testing.T) {
	t.Cleanup(func() {})
	leaktest.Check(t)
	resp := get(t, "/slow")
	t.Cleanup(func() { resp.Body.Close() })
}

func TestReadsBody(t *testing.T) {
	resp := get(t, "/")
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestClosesInACleanup(t *testing.T) {
	resp := get(t, "/slow")
	t.Cleanup(func() { resp.Body.Close() })
}

func TestWorkerEndsWithTheContext(t *testing.T) {
	ctx := t.Context()
	go func() { <-ctx.Done() }()
}

func TestCommand(t *testing.T) { _ = exec.CommandContext(t.Context(), "go", "env", "GOOS").Run() }
