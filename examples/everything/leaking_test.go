//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package everything_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/everything"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingExport(t *testing.T) {
	s, ctx := start(t, silent)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	t.Log("export:", everything.Leaking{Service: s}.Export(ctx, "invoices", invoices))
}
