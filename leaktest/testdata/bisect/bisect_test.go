// Package bisect is a test binary for LEAKTEST=bisect: some of its leaks need several tests.
package bisect

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// The server of TestMain keeps a goroutine for each request, if it has a session.
var (
	requests = make(chan chan<- bool)
	session  bool
	debug    bool
	never    = make(chan bool)
)

func serve() {
	for reply := range requests {
		if session && debug {
			go keep()
		}
		reply <- true
	}
}

func keep() { <-never }

func request() {
	reply := make(chan bool)
	requests <- reply
	<-reply
}

func TestMain(m *testing.M) {
	go serve()
	switch os.Getenv("BISECT") {
	case "unchecked":
		os.Exit(m.Run())
	case "dies":
		fmt.Println("TestMain dies")
		os.Exit(3)
	case "always":
		leaktest.Main(m, leaktest.With(opens{}))
	}
	leaktest.Main(m)
}

// opens is a probe that opens a file when the check of the package begins.
type opens struct{}

var once sync.Once

func (opens) Kind() string { return "opens" }

func (opens) Start(leaktest.Scope) (leaktest.Watch, error) {
	once.Do(func() { file, _ = os.Create(os.DevNull) })
	return opens{}, nil
}

func (opens) Grown() ([]leaktest.Leak, error)               { return nil, nil }
func (opens) Explain(leaks []leaktest.Leak) []leaktest.Leak { return leaks }
func (opens) Stop()                                         {}

var file *os.File

func wanted(t *testing.T, what string) {
	if os.Getenv("BISECT") != what {
		t.Skip()
	}
}

func TestA(t *testing.T)     {}
func TestLogin(t *testing.T) { session = os.Getenv("BISECT") == "server" }
func TestB(t *testing.T)     {}
func TestC(t *testing.T)     {}
func TestDebug(t *testing.T) { debug = os.Getenv("BISECT") == "server" }
func TestD(t *testing.T)     {}

func TestRequest(t *testing.T) { request() }

var cached bool

func TestFills(t *testing.T) {
	cached = os.Getenv("BISECT") == "blamed"
}

func TestE(t *testing.T) {}

func TestBlamed(t *testing.T) {
	if cached {
		go keep()
	}
}

func TestAlone(t *testing.T) {
	wanted(t, "alone")
	go keep()
}

func TestF(t *testing.T) {}

func Example() {
	request()
	// Output:
}
