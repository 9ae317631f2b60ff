package accesslog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/examples/accesslog"
	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLog(t *testing.T) {
	leaktest.Check(t)
	path := filepath.Join(t.TempDir(), "access.log")
	l := accesslog.New(path, 4)
	var requests sync.WaitGroup
	for range 200 {
		requests.Go(func() { assert.NoError(t, l.Write(t.Context(), "GET /")) })
	}
	requests.Wait()
	assert.ErrorIs(t, l.Write(t.Context(), ""), accesslog.ErrEmpty)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 200, strings.Count(string(text), "GET /\n"))
}

func TestLogGivesUp(t *testing.T) {
	leaktest.Check(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, accesslog.New(filepath.Join(t.TempDir(), "access.log"), 0).Write(ctx, "GET /"), context.Canceled)
	assert.Error(t, accesslog.New(t.TempDir(), 1).Write(t.Context(), "a folder can't be written"))
}

// The leaking twin is caught each time: on the entry that can't be written.
func TestLeakingLogIsCaught(t *testing.T) {
	l := accesslog.Leaking{Path: filepath.Join(t.TempDir(), "access.log")}
	f := faketb.New("TestRequests")
	assert.True(t, fdassert.NoLeak(f, func() { assert.NoError(t, l.Write("GET /")) }))
	assert.False(t, fdassert.NoLeak(f, func() { assert.Error(t, l.Write("")) }, fdassert.Settle(0)))
	readme.Report(t, "TestRequests", f.Errors())
}
