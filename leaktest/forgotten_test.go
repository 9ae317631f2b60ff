package leaktest_test

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A ticker is a handle whose goroutine nobody stops but the garbage collector, when it
// finds the handle.
type ticker struct{ stop chan struct{} }

func newTicker(collected func(*ticker)) *ticker {
	k := &ticker{make(chan struct{})}
	stop, ready := k.stop, make(chan struct{})
	go func() { close(ready); <-stop }()
	<-ready
	collected(k)
	return k
}

func byFinalizer(k *ticker) { runtime.SetFinalizer(k, func(k *ticker) { close(k.stop) }) }

func byCleanup(k *ticker) {
	runtime.AddCleanup(k, func(stop chan struct{}) { close(stop) }, k.stop)
}

// What only the garbage collector stops or closes is a class of its own, with and
// without a profile of leaks.
func TestForgotten(t *testing.T) {
	// A collection that happens to run before the check looks hides what it stops.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	file := filepath.Join(t.TempDir(), "orders.log")
	for name, c := range map[string]struct {
		leave func()
		says  string
	}{
		"a finalizer's goroutine": {func() { newTicker(byFinalizer) }, "forgotten   stopped only by the garbage collector"},
		"a cleanup's goroutine":   {func() { newTicker(byCleanup) }, "forgotten   stopped only by the garbage collector"},
		"a file":                  {func() { _, _ = os.Create(file) }, "forgotten   "},
	} {
		t.Run(name, func(t *testing.T) {
			f := faketb.New("T")
			assert.False(t, leaktest.NoLeak(f, c.leave, soon))
			assert.Contains(t, f.Errors(), "T leaked")
			assert.Contains(t, f.Errors(), c.says)

			f = faketb.New("T")
			assert.True(t, leaktest.NoLeak(f, c.leave, soon, leaktest.AllowForgotten()))
			assert.Empty(t, f.Errors())
		})
	}
}

// What is held is not forgotten.
func TestAllowForgottenOfWhatIsHeld(t *testing.T) {
	var k *ticker
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() { k = newTicker(byFinalizer) }, soon, leaktest.AllowForgotten()))
	assert.Contains(t, f.Errors(), "1 goroutine")
	assert.NotContains(t, f.Errors(), "forgotten  ")
	runtime.KeepAlive(k)
}

// Where other finalizers run, too, nobody knows what they have closed: standard error says so once,
// with what sets them.
func TestForgottenBesideOtherFinalizers(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("what the collector closes is counted on linux/amd64")
	}
	output, code := casesBinary.run(t, []string{"CASE=collected"}, "-test.run=Collected")
	assert.Zero(t, code, output)
	const note = "note: fd: not seen: files and sockets that only the garbage collector closed, before the check looked: " +
		"other finalizers are set by github.com/leakassert/leakassert/leaktest/testdata/cases."
	assert.Equal(t, 1, strings.Count(output, note), output)
}
