// Package teardown is a test binary for the tests of leaktest.Run: its TestMain
// starts a server before the tests and closes it after them, and no test leaks.
package teardown

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

var (
	server *httptest.Server
	client = &http.Client{Transport: &http.Transport{}}
	jobs   = make(chan func())
)

func TestMain(m *testing.M) {
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	go func() {
		for job := range jobs {
			go job() // what was there before may start what it likes
		}
	}()
	get() // a connection that is kept from now on
	code := leaktest.Run(m, leaktest.Settle(200*time.Millisecond))
	client.CloseIdleConnections()
	server.Close()
	fmt.Println("torn down with code", code)
	os.Exit(code)
}

func get() {
	resp, err := client.Get(server.URL)
	if err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestUsesTheServer(t *testing.T) { get() }

func TestGivesAJob(t *testing.T) {
	started := make(chan struct{})
	jobs <- func() { close(started); select {} }
	<-started
}

func TestUsesTheDefaultClient(t *testing.T) {
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}
