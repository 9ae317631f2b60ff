//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package accesslog_test

import (
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/examples/accesslog"
	"github.com/leakassert/leakassert/leaktest"
)

func TestLeakingLog(t *testing.T) {
	leaktest.Check(t)
	l := accesslog.Leaking{Path: filepath.Join(t.TempDir(), "access.log")}
	for _, entry := range []string{"GET /", "", "GET /orders", "", ""} {
		_ = l.Write(entry)
	}
}
