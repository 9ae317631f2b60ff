package leaktest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

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
