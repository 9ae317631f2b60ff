package leaktest_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"go.uber.org/goleak"
)

// The examples run outside of go test, so t is not a test's: it prints the first line of the
// report of a failing check. In a test, use the test's own t.
var t = &printer{}

type printer struct{ cleanups []func() }

func (*printer) Helper()             {}
func (*printer) Name() string        { return "TestOrders" }
func (*printer) Failed() bool        { return false }
func (*printer) Logf(string, ...any) {}
func (t *printer) Cleanup(f func())  { t.cleanups = append(t.cleanups, f) }

func (*printer) Errorf(format string, args ...any) {
	line, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	fmt.Println(line)
}

// end plays the end of a test: the cleanups run.
func (t *printer) end() {
	for len(t.cleanups) > 0 {
		last := len(t.cleanups) - 1
		cleanup := t.cleanups[last]
		t.cleanups = t.cleanups[:last]
		cleanup()
	}
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	leaktest.Check(t)

	done := make(chan struct{})
	go func() { <-done }()
	close(done) // without this line the test fails
	// }

	t.end()
	// Output:
}

func ExampleNoLeak() {
	stop := make(chan struct{})
	defer close(stop)
	leaktest.NoLeak(t, func() {
		go func() { <-stop }()
	}, leaktest.Settle(10*time.Millisecond))
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
	// Output:
}

// The file has the line
//
//	github.com/leakassert/leakassert/leaktest  TestOrders  1  goroutine github.com/leakassert/leakassert/leaktest.waitFor
//
// A package uses the option in its TestMain: leaktest.Main(m, leaktest.Baseline("testdata/leaks.txt")).
func ExampleBaseline() {
	// func TestOrders(t *testing.T) {
	leaktest.Check(t, leaktest.Baseline("testdata/known/leaks.txt"), leaktest.Settle(10*time.Millisecond))

	stop := make(chan struct{})
	defer close(stop)
	go waitFor(stop) // this leak is known
	go waitFor(stop) // this one is new
	// }

	t.end()
	// Output: TestOrders leaked (settled for 10ms): 2 goroutines
}

func waitFor(stop chan struct{}) { <-stop }

// Only goroutines are watched, so the file that stays open is not found.
func ExampleOnly() {
	var f *os.File
	leaktest.NoLeak(t, func() {
		f, _ = os.Open(os.DevNull)
	}, leaktest.Only(leaktest.KindGoroutine))
	f.Close()
	// Output:
}

// An option for pools adds them to goroutines and descriptors. Only restricts that.
func ExampleOnly_several() {
	permits := make(chan struct{}, 3)
	leaktest.NoLeak(t, func() {
		permits <- struct{}{}
		<-permits // without this line the test fails
	}, leaktest.Pools(poolassert.Slots("permits", permits)), leaktest.Only(leaktest.KindPool, leaktest.KindFD))
	// Output:
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

func ExampleUnwrapped() {
	// TestCallers looks at the functions that have called it.
	TestMain := func(m *testing.M) { leaktest.Main(m, leaktest.Unwrapped("TestCallers")) }
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

// Close is needed where another snapshot or a profile of allocations follows: Heap has
// every allocation recorded until then.
func ExampleBefore_Close() {
	before := leaktest.Snapshot(leaktest.Heap())
	defer before.Close()
	// … what may leak …
	fmt.Println(before.Diff().Empty())
	// Output: true
}

func ExampleReport_String() {
	before := leaktest.Snapshot(leaktest.With(tempFiles{os.TempDir()}))
	fmt.Print(before.Diff().String())
	// Output:
}

func ExampleReport_Empty() {
	before := leaktest.Snapshot(leaktest.Settle(10 * time.Millisecond))
	stop := make(chan struct{})
	defer close(stop)
	go func() { <-stop }()
	if report := before.Diff(); !report.Empty() {
		fmt.Println(len(report.Leaks), "finding")
	}
	// Output: 1 finding
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
	// Output:
}

func ExampleSettle() {
	leaktest.NoLeak(t, func() {
		go time.Sleep(5 * time.Millisecond)
	}, leaktest.Settle(10*time.Second)) // waits only as long as it has to
	// Output:
}

func ExampleIgnore() {
	stop := make(chan struct{})
	defer close(stop)
	leaktest.NoLeak(t, func() {
		go func() { <-stop }()
	}, leaktest.Ignore(func(l leaktest.Leak) bool {
		return l.Kind == "goroutine" && len(l.Frames) == 1
	}))
	// Output:
}

func ExampleAllowForgotten() {
	leaktest.NoLeak(t, func() {
		_, _ = os.Open(os.DevNull) // only the garbage collector closes it
	}, leaktest.AllowForgotten())
	// Output:
}

func ExampleIgnoreFunc() {
	leaktest.NoLeak(t, func() {}, leaktest.IgnoreFunc("example.org/telemetry..."))
	// Output:
}

func ExampleIgnoreCreatedBy() {
	leaktest.NoLeak(t, func() {}, leaktest.IgnoreCreatedBy("example.org/telemetry.Start"))
	// Output:
}

func ExampleWarmup() {
	leaktest.NoGrowth(t, func() {}, leaktest.Warmup(100))
	// Output:
}

func ExampleFDs() {
	leaktest.NoLeak(t, func() {}, leaktest.FDs(fdassert.IgnorePath("*.lock"))) // and goroutines
	// Output:
}

func ExampleIdle() {
	client := &http.Client{Transport: &http.Transport{}}
	leaktest.NoLeak(t, func() {
		// … requests by client …
	}, leaktest.Idle(client.CloseIdleConnections))
	// Output:
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
	// Output:
}

func ExamplePools() {
	permits := make(chan struct{}, 3)
	leaktest.NoLeak(t, func() {
		permits <- struct{}{}
		<-permits // without this line the test fails
	}, leaktest.Pools(poolassert.Slots("permits", permits)))
	// Output:
}

func ExampleEverything() {
	permits := make(chan struct{}, 3)
	leaktest.NoLeak(t, func() {
		permits <- struct{}{}
		go func() { <-permits }()
	}, leaktest.Everything(poolassert.Slots("permits", permits)))
	// Output:
}

// A helper that takes a TB can be called with any test's t.
func ExampleTB() {
	checkedServer := func(t leaktest.TB) {
		leaktest.Check(t)
		// … start the server, and t.Cleanup(server.Close)
	}
	checkedServer(t)
	t.end()
	// Output:
}

// Options that several checks need go into a variable.
func ExampleOption() {
	known := []leaktest.Option{
		leaktest.IgnoreFunc("example.org/telemetry..."),
		leaktest.Settle(5 * time.Second),
	}
	leaktest.NoLeak(t, func() {}, known...)
	// Output:
}

func ExampleBefore() {
	before := leaktest.Snapshot()
	defer before.Close()
	for range 3 {
		// … some work, in a program that runs for days
		if report := before.Diff(); !report.Empty() {
			fmt.Println(report)
		}
	}
	// Output:
}
