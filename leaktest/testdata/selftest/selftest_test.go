// Package selftest is a test binary for LEAKTEST=selftest. SELFTEST chooses the options of Main; without
// it the tests check themselves.
package selftest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

var orders = poolassert.Slots("orders", make(chan int, 2))

var options = map[string][]leaktest.Option{
	"everything": {leaktest.Everything(orders)},
	"ignoring":   {leaktest.Everything(orders), leaktest.Ignore(func(l leaktest.Leak) bool { return l.Kind == leaktest.KindFD }), leaktest.IgnoreCreatedBy("example.org/other...")},
	"large":      {leaktest.Heap(memassert.MaxObjects(100_000))},
	"nothing":    {leaktest.Ignore(func(leaktest.Leak) bool { return true })},
	"long":       {leaktest.Settle(time.Hour)},
	"own":        {leaktest.With(files{}), leaktest.Only("temp file", leaktest.KindGoroutine)},
}

func TestMain(m *testing.M) {
	fmt.Println("TestMain begins")
	opts, ok := options[os.Getenv("SELFTEST")]
	if !ok {
		os.Exit(m.Run())
	}
	leaktest.Main(m, opts...)
}

type files struct{ leaktest.Watch }

func (files) Kind() string                                   { return "temp file" }
func (f files) Start(leaktest.Scope) (leaktest.Watch, error) { return f, nil }
func (files) Grown() ([]leaktest.Leak, error)                { return nil, nil }
func (files) Explain(leaks []leaktest.Leak) []leaktest.Leak  { return leaks }
func (files) Stop()                                          {}

func TestChecked(t *testing.T) {
	t.Parallel()
	leaktest.Check(t, leaktest.Pools(orders))
	t.Run("inside", func(t *testing.T) { leaktest.Check(t) })
}

func TestIgnores(t *testing.T) {
	t.Parallel()
	leaktest.Check(t, leaktest.Goroutines(), leaktest.Ignore(func(l leaktest.Leak) bool { return l.Kind == leaktest.KindGoroutine }))
}

func TestBody(t *testing.T) { leaktest.NoLeak(t, func() {}) }

func TestLeaks(t *testing.T) {
	leaktest.Check(t)
	go func() { select {} }()
}

func TestUnchecked(t *testing.T) {}
