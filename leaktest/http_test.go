package leaktest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A connection that tests share is no leak of the one that has opened it.
func TestSharedConnection(t *testing.T) {
	slow := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			slow <- struct{}{}
			<-slow
		}
	}))
	defer s.Close()
	get := func(path string) {
		resp, err := http.Get(s.URL + path)
		if assert.NoError(t, err) {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	opened, ended := make(chan struct{}), make(chan struct{})
	var second *faketb.TB
	go func() {
		defer close(ended)
		<-opened
		second, _ = faketb.Run("TestSecond", func(f *faketb.TB) {
			leaktest.Check(f, soon)
			get("/slow") // uses the connection
		})
	}()
	first, _ := faketb.Run("TestFirst", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		get("/") // opens it
		close(opened)
		<-slow
	})
	slow <- struct{}{}
	<-ended
	assert.Empty(t, first.Errors())
	assert.Empty(t, second.Errors())
}

func TestIdle(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{}}
	body := func() {
		resp, err := client.Get(s.URL)
		if assert.NoError(t, err) {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, body, leaktest.Idle(client.CloseIdleConnections)))
	assert.False(t, leaktest.NoLeak(f, body, soon))
	client.CloseIdleConnections()
}

//go:noinline
func fetch(t *testing.T, c *http.Client, url string) {
	resp, err := c.Get(url)
	if assert.NoError(t, err) {
		t.Cleanup(func() { resp.Body.Close() })
	}
}

// The goroutines of connections stand with their descriptors, and a trace tells who has
// made the request, on whose behalf the transport dials.
func TestConnectionIsOneFinding(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
	}))
	defer s.Close()
	for _, trace := range []bool{false, true} {
		if trace {
			t.Setenv("LEAKTEST", "trace")
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		f := faketb.New("TestFetches")
		assert.False(t, leaktest.NoLeak(f, func() {
			fetch(t, client, s.URL)
			fetch(t, client, s.URL)
			s.CloseClientConnections()
		}, leaktest.Settle(200*time.Millisecond)))
		for _, want := range []string{
			`^TestFetches leaked \(settled for 200ms\): 4 goroutines, 2 descriptors\n\nfd `,
			`\n    goroutine +\+1  select  http\.\(\*persistConn\)\.readLoop  net/http/transport\.go:\d+\n`,
			`\n    goroutine +\+1  select  http\.\(\*persistConn\)\.writeLoop  net/http/transport\.go:\d+\n`,
		} {
			assert.Regexp(t, want, f.Errors())
		}
		assert.NotContains(t, f.Errors(), "\ngoroutine ")
		assert.Equal(t, trace, strings.Contains(f.Errors(), "called from  leaktest_test.fetch  leaktest/http_test.go:"), f.Errors())
	}
}

// GODEBUG=tracebackancestors=N tells it without a trace.
func TestAncestors(t *testing.T) {
	t.Parallel()
	output, code := casesBinary.run(t, []string{"CASE=signals", "GODEBUG=tracebackancestors=5"}, "-test.run=Signals")
	assert.Equal(t, 1, code)
	assert.Regexp(t, `created by +signal\.NotifyContext .*\n +called from +cases\.TestSignals  leaktest/testdata/cases/signals_test\.go:`, output)
}

//go:noinline
func watchSignals(t *testing.T) {
	_, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	t.Cleanup(cancel)
}

// A goroutine that is all of the standard library's has come from somewhere.
func TestTraceOfStandardGoroutine(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	f := faketb.New("TestSignals")
	assert.False(t, leaktest.NoLeak(f, func() { watchSignals(t) }, soon))
	assert.Regexp(t, `created by +signal\.NotifyContext .*\n(    stack .*\n)*    called from +leaktest_test\.watchSignals  leaktest/http_test\.go:`, f.Errors())
}
