package memassert_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

//go:noinline
func asStringer(v any) fmt.Stringer { s, _ := v.(fmt.Stringer); return s }

type plainA struct{}
type plainB struct{}

// What the runtime and the standard library keep for the next one is no leak, also
// where user code has asked for it.
func TestWhatIsKeptForTheNextOne(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, memassert.NoLeak(f, func() { // a cache of type assertions
		for range 20000 {
			asStringer(plainA{})
			asStringer(plainB{})
		}
	}))
	get := func(size int64) { // the last dial, and that of a host no connection to which was idle
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("h", 1<<20)) }))
		defer s.Close()
		r, err := http.Get(s.URL)
		if assert.NoError(t, err) {
			_, _ = io.CopyN(io.Discard, r.Body, size)
			r.Body.Close()
		}
	}
	get(2 << 20)
	for _, size := range []int64{2 << 20, 0, 2 << 20, 10} {
		assert.True(t, memassert.NoLeak(f, func() { get(size) }))
	}
	assert.Empty(t, f.Errors())
}

// The library's own work takes nothing out of the pools of the standard library:
// what the body has put into them would never go.
func TestPrintersOfTheBody(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f := faketb.New("T")
	for range 5 {
		assert.True(t, memassert.NoLeak(f, func() {
			r, w := io.Pipe()
			var wg sync.WaitGroup
			wg.Go(func() { fmt.Fprint(w, "hi"); w.Close() })
			wg.Go(func() { _, _ = io.ReadAll(r) })
			wg.Wait()
		}))
	}
	assert.Empty(t, f.Errors())
}

// Objects of 16 bytes share no block.
func TestSmallObjects(t *testing.T) {
	var ids [8]*[16]byte
	f := faketb.New("T")
	if !detailed { // without its type an object of 16 bytes can't be told from a block
		assert.True(t, memassert.NoLeak(f, func() {
			for i := range ids {
				ids[i] = new([16]byte)
			}
		}, soon))
		assert.Contains(t, f.Logs(), "note: heap: not judged: 8 blocks of 16 bytes")
		runtime.KeepAlive(ids)
		return
	}
	assert.False(t, memassert.NoLeak(f, func() {
		for i := range ids {
			ids[i] = new([16]byte)
		}
	}, soon))
	assert.Contains(t, f.Errors(), "heap       +8 objects  +128 B  *[16]uint8")
	assert.NotNil(t, ids[7])
}

// Few iterations that were asked for are told as well. A leak in each is seen.
func TestFewIterations(t *testing.T) {
	release(t)
	f := faketb.New("T")
	assert.True(t, memassert.NoGrowth(f, func() {}, memassert.Iterations(30)))
	assert.Regexp(t, `^note: heap: 30 iterations show no growth of \d+ objects? or \d+ B an iteration or more; Iterations allows more of them`, f.Logs())
	assert.False(t, memassert.NoGrowth(f, func() { held.sessions = append(held.sessions, newSession("a")) }, memassert.Iterations(30), soon))
	assert.Contains(t, f.Errors(), "memassert_test.newSession")
}

func TestNoGrowthInNoGrowth(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, memassert.NoGrowth(f, func() {
		memassert.NoGrowth(faketb.New("another"), func() {}, memassert.Iterations(3), memassert.Warmup(1))
	}, memassert.Iterations(9), memassert.Warmup(1), soon), f.Errors())
}

// While a body stands still, another one is judged without waiting for its turn. Growth that no place
// accounts for may then come from there.
func TestNoGrowthThatAnotherOneJoins(t *testing.T) {
	release(t)
	joined, over, first := make(chan struct{}), make(chan struct{}), true
	var other sync.WaitGroup
	f := faketb.New("T")
	assert.True(t, memassert.NoGrowth(f, func() {
		if first {
			first = false
			other.Go(func() {
				memassert.NoGrowth(faketb.New("another"), func() { joined <- struct{}{}; <-over }, memassert.Iterations(3), memassert.Warmup(0))
			})
			<-joined
		}
		if runtime.MemProfileRate == 1 { // no allocation that is recorded accounts for the growth, in few iterations
			time.Sleep(45 * time.Millisecond)
			return
		}
		held.sessions = append(held.sessions, newSession("a"))
	}, memassert.Iterations(300), soon), f.Errors())
	assert.Contains(t, f.Logs(), "heap: not judged: it grows while another NoGrowth runs, and no place in this body accounts for it")
	close(over)
	go func() {
		for range joined {
		}
	}()
	other.Wait()
	close(joined)
}

// A body whose subtests wait for a place that a waiting NoGrowth has does not hang.
func TestNoGrowthOfParallelSubtests(t *testing.T) {
	if os.Getenv("PARALLEL") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestNoGrowthOfParallelSubtests$", "-test.parallel=2", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), "PARALLEL=1")
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, string(out))
		return
	}
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memassert.NoGrowth(t, func() {
				t.Run("group", func(t *testing.T) { t.Run("one", func(t *testing.T) { t.Parallel() }) })
			}, memassert.Iterations(30), memassert.Warmup(2), soon)
		})
	}
}

func TestMemProfileRateThatIsChanged(t *testing.T) {
	release(t)
	before := runtime.MemProfileRate
	defer func() { runtime.MemProfileRate = before }()
	f := faketb.New("T")
	memassert.NoLeak(f, func() {
		runtime.MemProfileRate = 0
		held.sessions = append(held.sessions, newSession("a"))
	}, soon)
	assert.Contains(t, f.Errors()+f.Logs(), "heap: not all seen: runtime.MemProfileRate was set to 0 meanwhile")
	assert.Zero(t, runtime.MemProfileRate, "it is the user's")
}

// Another goroutine may write a profile at any time, also under -race.
func TestBesideAHeapProfile(t *testing.T) {
	var writer sync.WaitGroup
	writer.Go(func() {
		for range 20 {
			_ = pprof.WriteHeapProfile(io.Discard)
		}
	})
	for range 20 {
		memassert.NoLeak(faketb.New("T"), func() {}, memassert.Settle(0))
	}
	writer.Wait()
}

// In a bubble a body that sleeps is not slow.
func TestNoGrowthInABubble(t *testing.T) {
	release(t)
	synctest.Test(t, func(t *testing.T) {
		f := faketb.New("T")
		assert.True(t, memassert.NoGrowth(f, func() { time.Sleep(time.Second) }))
		assert.Empty(t, f.Errors()+f.Logs())
		assert.False(t, memassert.NoGrowth(f, func() {
			time.Sleep(time.Second)
			held.sessions = append(held.sessions, newSession("a"))
		}))
		assert.Contains(t, f.Errors(), "memassert_test.newSession")
	})
}

// Without whole stacks nobody can be named.
func TestShortStacks(t *testing.T) {
	if os.Getenv("SHORT") != "" {
		release(t)
		memassert.NoLeak(t, func() { held.sessions = append(held.sessions, newSession("a")) })
		memassert.NoGrowth(t, func() { held.sessions = append(held.sessions, newSession("a")) }, soon)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestShortStacks$", "-test.v")
	cmd.Env = append(os.Environ(), "SHORT=1", "GODEBUG=profstackdepth=0")
	out, err := cmd.CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(out), "note: heap: not checked: GODEBUG=profstackdepth=0 has the runtime record no whole stacks")
	assert.Contains(t, string(out), "allocated   not known: GODEBUG=profstackdepth=0")
}
