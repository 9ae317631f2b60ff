package goroutine_test

import (
	"context"
	"fmt"
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
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
			if r.Label() == label {
				g, err := r.Parse()
				require.NoError(t, err)
				found = append(found, g)
			}
		}
	})
	return found
}

func TestDump(t *testing.T) {
	const want = "TestDump \"x\"\n]: 世\xff"
	park(t, 3, want)

	var self goroutine.Goroutine
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
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

// Goroutines that a dump has no room for are shown by the profile, if they have a label.
func TestDumpCutOff(t *testing.T) {
	defer goroutine.SetMaxBuffer(1 << 20)()
	const n = 50 // with the label
	release := make(chan struct{})
	var up, down sync.WaitGroup
	defer down.Wait()
	defer close(release)
	start := func(n, depth int) {
		for range n {
			up.Add(1)
			down.Go(func() { deep(depth, func() { up.Done(); <-release }) })
		}
	}
	start(40*n, 10) // without a label
	pprof.Do(context.Background(), pprof.Labels("leaktest", "TestDumpCutOff"), func(context.Context) { start(n, 3) })
	up.Wait()

	look := func() (ids map[uint64]int, beyond, unseen, all int) {
		labelled := 0
		defer func() { assert.Equal(t, n, labelled) }()
		ids = make(map[uint64]int)
		goroutine.Dump(func(stacks *goroutine.Stacks) {
			size := 0
			defer func() { assert.LessOrEqual(t, size, 1<<20) }()
			for r := range stacks.All() {
				all++
				size += len(r.Text())
				g, err := r.Parse()
				require.NoError(t, err)
				if r.ID() > goroutine.MaxID {
					beyond++
					assert.Equal(t, "not dumped", g.State)
					assert.Equal(t, "TestDumpCutOff", r.Label())
					assert.Contains(t, fmt.Sprint(g.Frames), "goroutine_test.deep")
				}
				ids[r.ID()]++
				if r.Label() != "" {
					labelled++
				}
			}
			unseen = stacks.Loose
			assert.True(t, stacks.CutOff)
		})
		return ids, beyond, unseen, all
	}
	ids, beyond, unseen, all := look()
	assert.Positive(t, beyond)
	assert.Positive(t, unseen)
	assert.GreaterOrEqual(t, all+unseen, 41*n)
	assert.Len(t, ids, all, "each has a number of its own")
	again, _, _, _ := look()
	assert.Equal(t, ids, again, "and the same one in the next dump")
}

func TestDumpReleasesOnPanic(t *testing.T) {
	assert.Panics(t, func() { goroutine.Dump(func(*goroutine.Stacks) { panic("in f") }) })
	called := false
	goroutine.Dump(func(*goroutine.Stacks) { called = true })
	assert.True(t, called)
}

func TestDumpConcurrently(t *testing.T) {
	park(t, 10, "TestDumpConcurrently")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assert.Len(t, labelled(t, "TestDumpConcurrently"), 10) })
	}
	wg.Wait()
}
