package memassert_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/leakassert/leakassert/memassert"
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

type invoice struct {
	id       int
	customer string
	lines    []string
}

// invoices is a cache that nobody ever deletes from.
var invoices = map[int]*invoice{0: nil}

func ExampleNoGrowth() {
	next := 0
	memassert.NoGrowth(t, func() {
		next++
		invoices[next] = &invoice{id: next}
		delete(invoices, next) // without this line the test fails
	})
	// Output:
}

func ExampleNoLeak() {
	memassert.NoLeak(t, func() {
		invoices[1] = &invoice{id: 1, customer: "Tea & Sons"}
	}, memassert.Settle(0))
	delete(invoices, 1)
	// Output: TestOrders leaked: 1 object
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	memassert.Check(t)
	invoices[1] = &invoice{id: 1}
	delete(invoices, 1) // without this line the test fails
	// }

	t.end()
	// Output:
}

// latest keeps one invoice and no more: nothing grows, and yet it is held.
var latest *invoice

func ExampleCollected() {
	latest = &invoice{id: 1}
	memassert.Collected(t, latest, memassert.Settle(0))
	t.end()
	// Output: TestOrders leaked: 1 object
}

func ExampleMaxObjects() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1, lines: make([]string, 10)}
	}, memassert.MaxObjects(2)) // the invoice and its lines
	// Output:
}

func ExampleMaxBytes() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.MaxBytes(1<<10))
	// Output:
}

func ExampleIgnoreFunc() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.IgnoreFunc("github.com/leakassert/leakassert/memassert_test.ExampleIgnoreFunc..."))
	// Output:
}

func ExampleIterations() {
	n := 0
	memassert.NoGrowth(t, func() { n++ }, memassert.Iterations(3000))
	fmt.Println(n >= 3000)
	// Output: true
}

func ExampleWarmup() {
	cache := make([]*invoice, 0, 1000) // fills up, and stays
	memassert.NoGrowth(t, func() {
		if len(cache) < cap(cache) {
			cache = append(cache, &invoice{})
		}
	}, memassert.Warmup(1000))
	// Output:
}

func ExampleBudget() {
	memassert.NoGrowth(t, func() {
		time.Sleep(time.Millisecond)
	}, memassert.Budget(100*time.Millisecond)) // for some 50 iterations
	// Output:
}

func ExampleSettle() {
	memassert.NoLeak(t, func() {
		kept := &invoice{id: 1}
		time.AfterFunc(5*time.Millisecond, func() { kept.id = 0 })
	}, memassert.Settle(10*time.Second)) // waits only as long as it has to
	// Output:
}

// Options that several checks need go into a variable.
func ExampleOption() {
	known := []memassert.Option{memassert.IgnoreType("memassert_test.invoice"), memassert.MaxObjects(10)}
	memassert.NoLeak(t, func() { latest = &invoice{id: 1} }, known...)
	// Output:
}

// A helper that takes a TB can be called with any test's t.
func ExampleTB() {
	checked := func(t memassert.TB) { memassert.Check(t) }
	checked(t)
	t.end()
	// Output:
}
