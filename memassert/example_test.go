package memassert_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
)

// The examples run outside of go test: t plays the test.
var t = faketb.New("TestOrders")

// verdict is the first line of what the helpers have said to t.
func verdict() string {
	defer func() { t = faketb.New("TestOrders") }()
	if !t.Failed() {
		return "ok"
	}
	first, _, _ := strings.Cut(t.Errors(), "\n")
	return first
}

type invoice struct {
	id    int
	lines []string
}

// invoices is a cache that nobody ever deletes from.
var invoices = make(map[int]*invoice)

func ExampleNoGrowth() {
	next := 0
	memassert.NoGrowth(t, func() {
		next++
		invoices[next] = &invoice{id: next}
		delete(invoices, next) // without this line the test fails
	})
	fmt.Println(verdict())
	// Output: ok
}

func ExampleNoLeak() {
	memassert.NoLeak(t, func() {
		invoices[1] = &invoice{id: 1}
	}, memassert.Settle(0))
	delete(invoices, 1)
	fmt.Println(verdict())
	// Output: TestOrders leaked: 1 object
}

func ExampleCheck() {
	// func TestOrders(t *testing.T) {
	memassert.Check(t)
	invoices[1] = &invoice{id: 1}
	delete(invoices, 1) // without this line the test fails
	// }

	t.End()
	fmt.Println(verdict())
	// Output: ok
}

// latest keeps one invoice and no more: nothing grows, and yet it is held.
var latest *invoice

func ExampleCollected() {
	latest = &invoice{id: 1}
	memassert.Collected(t, latest, memassert.Settle(0))
	t.End()
	fmt.Println(verdict())
	// Output: TestOrders leaked: 1 object
}

func ExampleMaxObjects() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1, lines: make([]string, 10)}
	}, memassert.MaxObjects(2)) // the invoice and its lines
	fmt.Println(verdict())
	// Output: ok
}

func ExampleMaxBytes() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.MaxBytes(1<<10))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreFunc() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.IgnoreFunc("github.com/leakassert/leakassert/memassert_test.ExampleIgnoreFunc..."))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIgnoreType() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.IgnoreType("memassert_test.invoice"))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleIterations() {
	n := 0
	memassert.NoGrowth(t, func() { n++ }, memassert.Iterations(3000))
	fmt.Println(verdict(), n >= 3000)
	// Output: ok true
}

func ExampleWarmup() {
	cache := make([]*invoice, 0, 1000) // fills up, and stays
	memassert.NoGrowth(t, func() {
		if len(cache) < cap(cache) {
			cache = append(cache, &invoice{})
		}
	}, memassert.Warmup(1000))
	fmt.Println(verdict())
	// Output: ok
}

func ExampleBudget() {
	memassert.NoGrowth(t, func() {
		time.Sleep(time.Millisecond)
	}, memassert.Budget(100*time.Millisecond)) // for some 50 iterations
	fmt.Println(verdict())
	// Output: ok
}

func ExampleSettle() {
	memassert.NoLeak(t, func() {
		kept := &invoice{id: 1}
		time.AfterFunc(5*time.Millisecond, func() { kept.id = 0 })
	}, memassert.Settle(10*time.Second)) // waits only as long as it has to
	fmt.Println(verdict())
	// Output: ok
}
