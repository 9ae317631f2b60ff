package leaktest_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"go.uber.org/goleak"
)

// The examples run outside of go test: t plays the test.
var t = faketb.New("TestOrders")

// verdict is what the helpers have said to t.
func verdict() string {
	defer func() { t = faketb.New("TestOrders") }()
	if !t.Failed() {
		return "ok"
	}
	first, _, _ := strings.Cut(t.Errors(), "\n")
	return first
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	leaktest.Check(t)

	done := make(chan struct{})
	go func() { <-done }()
	close(done) // without this line the test fails
	// }

	t.End()
	fmt.Println(verdict())
	// Output: ok
}

func ExampleNoLeak() {
	stop := make(chan struct{})
	defer close(stop)
	leaktest.NoLeak(t, func() {
		go func() { <-stop }()
	}, leaktest.Settle(10*time.Millisecond))
	fmt.Println(verdict())
	// Output: TestOrders leaked (settled for 10ms): 1 goroutine
}

func ExampleNoGrowth() {
	stop := make(chan struct{})
	defer close(stop)
	pool := 0
	leaktest.NoGrowth(t, func() {
		if pool < 3 { // a pool that fills up is no growth
			pool++
			go func() { <-stop }()
		}
	})
	fmt.Println(verdict())
	// Output: ok
}

func ExampleMain() {
	TestMain := func(m *testing.M) { leaktest.Main(m) }
	_ = TestMain
}

func ExampleRun() {
	startDatabase, stopDatabase := func() {}, func() {}
	TestMain := func(m *testing.M) {
		startDatabase() // and what it starts is no leak
		code := leaktest.Run(m)
		stopDatabase()
		os.Exit(code)
	}
	_ = TestMain
}

func ExampleSnapshot() {
	before := leaktest.Snapshot(leaktest.Settle(10 * time.Millisecond))
	stop := make(chan struct{})
	go func() { <-stop }()
	fmt.Println(before.Diff().Empty())
	close(stop)
	fmt.Println(before.Diff().Empty())
	// Output:
	// false
	// true
}

func ExampleBefore_Diff() {
	before := leaktest.Snapshot()
	fmt.Printf("%q\n", before.Diff().String())
	// Output: ""
}

func ExampleReport() {
	before := leaktest.Snapshot(leaktest.Settle(10 * time.Millisecond))
	stop := make(chan struct{})
	defer close(stop)
	go func() { <-stop }()
	for _, l := range before.Diff().Leaks {
		fmt.Println(l.Count, l.Kind, l.Columns[0])
	}
	// Output: 1 goroutine chan receive
}

func ExampleGoroutines() {
	leaktest.NoLeak(t, func() {}, leaktest.Goroutines(
		goleak.IgnoreTopFunction("example.org/metrics.(*Collector).flush"),
	))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleSettle() {
	leaktest.NoLeak(t, func() {
		go time.Sleep(5 * time.Millisecond)
	}, leaktest.Settle(10*time.Second)) // waits only as long as it has to
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnore() {
	stop := make(chan struct{})
	defer close(stop)
	leaktest.NoLeak(t, func() {
		go func() { <-stop }()
	}, leaktest.Ignore(func(l leaktest.Leak) bool {
		return l.Kind == "goroutine" && len(l.Frames) == 1
	}))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreFunc() {
	leaktest.NoLeak(t, func() {}, leaktest.IgnoreFunc("example.org/telemetry..."))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreCreatedBy() {
	leaktest.NoLeak(t, func() {}, leaktest.IgnoreCreatedBy("example.org/telemetry.Start"))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleWarmup() {
	leaktest.NoGrowth(t, func() {}, leaktest.Warmup(100))
	fmt.Println(verdict())
	// Output: ok
}

// tempFiles is a probe of one's own: it watches the files in a folder.
type tempFiles struct{ dir string }

func (p tempFiles) Kind() string { return "file" }

func (p tempFiles) Start(leaktest.Scope) (leaktest.Watch, error) {
	before, err := p.list()
	return tempFilesWatch{p, before}, err
}

func (p tempFiles) list() (map[string]bool, error) {
	names := make(map[string]bool)
	entries, err := os.ReadDir(p.dir)
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names, err
}

type tempFilesWatch struct {
	tempFiles
	before map[string]bool
}

func (w tempFilesWatch) Grown() (leaks []leaktest.Leak, err error) {
	now, err := w.list()
	for name := range now {
		if !w.before[name] {
			leaks = append(leaks, leaktest.Leak{ID: name, Unit: "file", Columns: []string{name}})
		}
	}
	return leaks, err
}

func (w tempFilesWatch) Explain(leaks []leaktest.Leak) []leaktest.Leak { return leaks }

func (w tempFilesWatch) Stop() {}

func ExampleWith() {
	dir, _ := os.MkdirTemp("", "orders")
	defer os.RemoveAll(dir)
	leaktest.NoLeak(t, func() {
		os.WriteFile(dir+"/invoice.pdf", nil, 0o600)
	}, leaktest.With(tempFiles{dir}), leaktest.Settle(0))
	defer verdict()
	fmt.Println(t.Errors())
	// Output:
	// TestOrders leaked: 1 file
	//
	// file       +1  invoice.pdf
	//
	// + is held at the end and was not at the start
}

func ExampleFDs() {
	leaktest.NoLeak(t, func() {}, leaktest.Goroutines(), leaktest.FDs(fdassert.IgnorePath("*.lock")))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIdle() {
	client := &http.Client{Transport: &http.Transport{}}
	leaktest.NoLeak(t, func() {
		// … requests by client …
	}, leaktest.Idle(client.CloseIdleConnections))
	fmt.Println(verdict())
	// Output: ok
}

// users keeps who has asked, and nobody deletes from it.
var users = make(map[string]int)

func ExampleHeap() {
	n := 0
	leaktest.NoGrowth(t, func() {
		n++
		name := fmt.Sprint("user ", n)
		users[name]++
		delete(users, name) // without this line the test fails
	}, leaktest.Heap())
	fmt.Println(verdict())
	// Output: ok
}

func ExamplePools() {
	permits := make(chan struct{}, 3)
	leaktest.NoLeak(t, func() {
		permits <- struct{}{}
		<-permits // without this line the test fails
	}, leaktest.Pools(poolassert.Slots("permits", permits)))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleEverything() {
	permits := make(chan struct{}, 3)
	leaktest.NoLeak(t, func() {
		permits <- struct{}{}
		go func() { <-permits }()
	}, leaktest.Everything(poolassert.Slots("permits", permits)))
	fmt.Println(verdict())
	// Output: ok
}
