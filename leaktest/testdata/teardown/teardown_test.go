// Package teardown is a test binary for the tests of leaktest.Run: its TestMain
// starts a server before the tests and closes it after them, and no test leaks.
package teardown

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

// shared accepts connections, and hands each to a goroutine of a goroutine, as
// gRPC's server does.
type shared struct{ net.Listener }

func (s shared) serve() {
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		go s.handshake(c)
	}
}

func (s shared) handshake(c net.Conn) { go s.keep(c) }

func (s shared) keep(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// slow is a database driver that can only connect.
type slow struct{}

func (slow) Connect(context.Context) (driver.Conn, error) { return slow{}, nil }
func (slow) Driver() driver.Driver                        { return nil }
func (slow) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (slow) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (slow) Close() error                                 { return nil }

var (
	db     = sql.OpenDB(slow{})
	accept shared
	conns  []net.Conn
	server *httptest.Server
	client = &http.Client{Transport: &http.Transport{}}
	jobs   = make(chan func())
)

func TestMain(m *testing.M) {
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	go func() {
		for job := range jobs {
			go job() // what was there before may start what ends
		}
	}()
	get() // a connection that is kept from now on
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	accept = shared{l}
	go accept.serve()
	db.SetConnMaxLifetime(time.Hour)
	time.AfterFunc(30*time.Millisecond, func() { select {} })
	// What a test opens and TestMain closes is a descriptor of the test's, but
	// no goroutine.
	code := leaktest.Run(m, leaktest.Settle(200*time.Millisecond), leaktest.Only(leaktest.KindGoroutine))
	client.CloseIdleConnections()
	server.Close()
	accept.Close()
	for _, c := range conns {
		c.Close()
	}
	db.Close()
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

func TestConnects(t *testing.T) {
	for range 3 {
		c, err := net.Dial("tcp", accept.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
}

func TestUsesTheDatabase(t *testing.T) {
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
}

func TestIsThereWhenTheTimerFires(t *testing.T) { time.Sleep(60 * time.Millisecond) }

func TestListensToSignals(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
}

func TestUsesTheServer(t *testing.T) { get() }

func TestGivesAJob(t *testing.T) {
	started := make(chan struct{})
	jobs <- func() { close(started) }
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
