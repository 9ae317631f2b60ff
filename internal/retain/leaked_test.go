//go:build go1.27 && linux && (amd64 || arm64)

package retain_test

import (
	"io"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/retain"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The goroutineleak profile marks goroutines that it has found to be leaked. What holds an object is
// found nevertheless.
func TestAfterTheProfileOfLeakedGoroutines(t *testing.T) {
	go func() { <-make(chan bool) }()
	profile := pprof.Lookup("goroutineleak")
	require.Eventually(t, func() bool { return profile.WriteTo(io.Discard, 0) == nil && profile.Count() > 0 }, time.Minute, time.Millisecond)
	var a addrs
	listHead = a.add(leak())
	defer func() { listHead = nil }()
	paths, note := retain.Holders("", retain.Object{Address: a[0]})
	assert.Empty(t, note)
	assert.Equal(t, "retain_test.listHead", paths[0].Text)
	paths, note = retain.Holders("off", retain.Object{Address: a[0]})
	assert.Equal(t, "what holds it has no names: LEAKTEST has symbols=off; leave it out", note)
	assert.Contains(t, paths[0].Text, "a package variable")
}
