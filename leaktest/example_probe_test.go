package leaktest_test

import (
	"fmt"
	"os"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

// tempFiles is a Probe: it watches the files in a folder.
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

// tempFilesWatch is a Watch: it compares the files with those at the start.
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
	// Output: TestOrders leaked: 1 file
}

// The type tempFiles is a Probe.
func ExampleProbe() {
	dir, _ := os.MkdirTemp("", "orders")
	defer os.RemoveAll(dir)
	before := leaktest.Snapshot(leaktest.With(tempFiles{dir}), leaktest.Settle(0))
	defer before.Close()
	os.WriteFile(dir+"/invoice.pdf", nil, 0o600)
	fmt.Println(before.Diff())
	// Output:
	// this process leaked: 1 file
	//
	// file       +1  invoice.pdf
	//
	// + open at the end, not at the start
}

// A Probe's Start returns a Watch, which is asked at the end.
func ExampleWatch() {
	dir, _ := os.MkdirTemp("", "orders")
	defer os.RemoveAll(dir)
	watch, _ := tempFiles{dir}.Start(leaktest.Scope{})
	defer watch.Stop()
	os.WriteFile(dir+"/invoice.pdf", nil, 0o600)
	leaks, _ := watch.Grown()
	fmt.Println(leaks[0].N(), leaks[0].Unit, leaks[0].ID)
	// Output: 1 file invoice.pdf
}

// perTest is a Probe that names the test it starts for.
type perTest struct{ tempFiles }

func (p perTest) Start(s leaktest.Scope) (leaktest.Watch, error) {
	fmt.Println("starts for", s.Test)
	return p.tempFiles.Start(s)
}

func ExampleScope() {
	leaktest.NoLeak(t, func() {}, leaktest.With(perTest{tempFiles{os.TempDir()}}), leaktest.Ignore(
		func(l leaktest.Leak) bool { return l.Kind == "file" }))
	// Output: starts for TestOrders
}

func ExampleScope_Label() {
	outside := leaktest.Scope{}
	fmt.Printf("%q\n", outside.Label())
	// Output: ""
}

// stuck leaves a goroutine behind, which ends when stop is closed.
func stuck(stop chan struct{}) *leaktest.Report {
	before := leaktest.Snapshot(leaktest.Settle(10*time.Millisecond), leaktest.Only(leaktest.KindGoroutine))
	defer before.Close()
	go func() { <-stop }()
	return before.Diff()
}

func ExampleLeak() {
	stop := make(chan struct{})
	defer close(stop)
	for _, l := range stuck(stop).Leaks {
		fmt.Println(l.Kind, l.Count, l.Columns[0])
	}
	// Output: goroutine 1 chan receive
}

func ExampleLeak_N() {
	fmt.Println(leaktest.Leak{}.N(), leaktest.Leak{Count: 4}.N())
	// Output: 1 4
}

func ExampleLeak_HasFunc() {
	stop := make(chan struct{})
	defer close(stop)
	leaktest.NoLeak(t, func() {
		go func() { <-stop }()
	}, leaktest.Ignore(func(l leaktest.Leak) bool {
		return l.HasFunc(func(name string) bool { return name == "example.org/metrics.flush" })
	}), leaktest.Settle(10*time.Millisecond))
	// Output: TestOrders leaked (settled for 10ms): 1 goroutine
}

func ExampleFrame() {
	stop := make(chan struct{})
	defer close(stop)
	for _, l := range stuck(stop).Leaks {
		fmt.Println(l.CreatedBy.Func)
	}
	// Output: github.com/leakassert/leakassert/leaktest_test.stuck
}

func ExampleEvidence() {
	stop := make(chan struct{})
	defer close(stop)
	for _, l := range stuck(stop).Leaks {
		fmt.Println(l.Evidence[0].Label, l.Evidence[0].Columns[0])
	}
	// Output: created by leaktest_test.stuck
}

// The Resource of a descriptor's leak is an fdassert.FD.
func ExampleLeak_resource() {
	before := leaktest.Snapshot(leaktest.Settle(0))
	defer before.Close()
	f, _ := os.Open(os.DevNull)
	defer f.Close()
	for _, l := range before.Diff().Leaks {
		if d, ok := l.Resource.(fdassert.FD); ok {
			fmt.Println(d.Path)
		}
	}
	// Output: /dev/null
}

// The Resource of a pool's leak is a poolassert.Stats.
func ExampleLeak_pool() {
	slots := make(chan struct{}, 4)
	leaktest.NoLeak(t, func() {
		slots <- struct{}{}
	}, leaktest.Pools(poolassert.Slots("slots", slots)), leaktest.Ignore(func(l leaktest.Leak) bool {
		now, ok := l.Resource.(poolassert.Stats)
		return ok && now.InUse <= 2 // two may be out
	}))
	// Output:
}
