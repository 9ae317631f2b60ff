package goroutine_test

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// park starts n goroutines with a label and a few frames, and returns when
// all of them are there. They end with the test.
func park(t testing.TB, n int, label string) {
	t.Helper()
	release := make(chan struct{})
	var up, down sync.WaitGroup
	up.Add(n)
	pprof.Do(context.Background(), pprof.Labels("leaktest", label), func(context.Context) {
		for range n {
			down.Go(func() { up.Done(); parked(release) })
		}
	})
	up.Wait()
	t.Cleanup(func() {
		close(release)
		down.Wait()
	})
}

//go:noinline
func parked(release chan struct{}) { <-release }

// labelled dumps and returns the goroutines with the label, parsed.
func labelled(t testing.TB, label string) []goroutine.Goroutine {
	t.Helper()
	var found []goroutine.Goroutine
	goroutine.Dump(func(text []byte) {
		for r := range goroutine.Records(text) {
			if v, ok := r.Label("leaktest"); ok && v == label {
				g, err := r.Parse()
				require.NoError(t, err)
				found = append(found, g)
			}
		}
	})
	return found
}

func TestDump(t *testing.T) {
	const label = "TestDump \"x\"\n]: 世\xff"
	park(t, 3, label)
	want := label
	if strings.HasPrefix(runtime.Version(), "go1.26") {
		want = strings.ToValidUTF8(label, "\ufffd") // all that it prints of it
	}

	var self goroutine.Goroutine
	goroutine.Dump(func(text []byte) {
		for r := range goroutine.Records(text) {
			var err error
			self, err = r.Parse() // the first is who asks
			require.NoError(t, err)
			break
		}
	})
	found := labelled(t, want)
	require.Len(t, found, 3)
	for _, g := range found {
		assert.Equal(t, self.ID, g.Creator)
		assert.Equal(t, map[string]string{"leaktest": want}, g.Labels)
		assert.Equal(t, "sync.(*WaitGroup).Go", g.CreatedBy.Func)
		if g.State != "chan receive" {
			continue // between telling that it is there and waiting
		}
		assert.Equal(t, "github.com/leakassert/leakassert/internal/goroutine_test.parked", g.Frames[0].Func)
		assert.Equal(t, "dump_test.go", g.Frames[0].File[strings.LastIndexByte(g.Frames[0].File, '/')+1:])
		assert.Positive(t, g.Frames[0].Line)
	}
	assert.Equal(t, "running", self.State)
}

func TestDumpSeesAll(t *testing.T) {
	// 64 KiB hold about 200 of them.
	park(t, 3000, "TestDumpSeesAll")
	assert.Len(t, labelled(t, "TestDumpSeesAll"), 3000)
	assert.Len(t, labelled(t, "TestDumpSeesAll"), 3000, "with the buffer of the first dump")
}

// Frames of their own that take far more text than usual ask for a second dump.
func TestDumpGrows(t *testing.T) {
	const n = 500
	release := make(chan struct{})
	var up, down sync.WaitGroup
	up.Add(n)
	pprof.Do(context.Background(), pprof.Labels("leaktest", "TestDumpGrows"), func(context.Context) {
		for range n {
			down.Go(func() { deep(60, func() { up.Done(); <-release }) })
		}
	})
	up.Wait()
	defer down.Wait()
	defer close(release)
	found := labelled(t, "TestDumpGrows")
	assert.Len(t, found, n)
	for _, g := range found {
		assert.Greater(t, len(g.Frames), 60)
	}
}

//go:noinline
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

func TestDumpReleasesOnPanic(t *testing.T) {
	assert.Panics(t, func() { goroutine.Dump(func([]byte) { panic("in f") }) })
	called := false
	goroutine.Dump(func([]byte) { called = true })
	assert.True(t, called)
}

func TestGrown(t *testing.T) {
	t.Parallel()
	full := []byte(strings.Repeat("goroutine 1 [running]:\n"+strings.Repeat("x", 976)+"\n\n", 10))
	for _, tt := range []struct {
		why  string
		text []byte
		live uint64
		want int
	}{
		{"what ten took, for all, and a quarter to spare", full, 1000, (len(full)/10 + 1) * 1000 / 4 * 5},
		{"at least twice as much, if the ten were small ones", full, 11, 2 * len(full)},
		{"no goroutine in it to estimate from", []byte("goroutine"), 1000, 2 * len("goroutine")},
		{"never more than there may be", full, 1 << 62, goroutine.MaxBuffer},
		{"never more than there may be, without counting", make([]byte, goroutine.MaxBuffer/2+1), 0, goroutine.MaxBuffer},
	} {
		assert.Equal(t, tt.want, goroutine.Grown(tt.text, tt.live), tt.why)
	}
}

func TestDumpConcurrently(t *testing.T) {
	park(t, 10, "TestDumpConcurrently")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assert.Len(t, labelled(t, "TestDumpConcurrently"), 10) })
	}
	wg.Wait()
}
