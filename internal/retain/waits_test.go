//go:build linux && (amd64 || arm64)

package retain_test

import (
	"io"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/retain"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var queue struct {
	jobs chan string
	done chan struct{}
	mu   sync.Mutex
	rw   sync.RWMutex
	all  sync.WaitGroup
	once sync.Once
	cond *sync.Cond
}

//go:noinline
func receive(c chan string) { <-c }

//go:noinline
func send(c chan string) { c <- "job" }

//go:noinline
func either(c chan string, done chan struct{}) {
	select {
	case <-c:
	case c <- "":
	case <-done:
	}
}

//go:noinline
func lock(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

//go:noinline
func wait(cond *sync.Cond) {
	cond.L.Lock()
	cond.Wait()
}

// keepsAndReceives waits for one channel while its stack holds another.
//
//go:noinline
func keepsAndReceives(c, kept chan string) {
	<-c
	runtime.KeepAlive(kept)
}

type server struct {
	name string
	mu   sync.Mutex
	jobs chan string
}

func twice(yield func(int) bool) { _ = yield(1) && yield(2) }

var (
	pulled func() (int, bool)

	handles sync.Map // as runtime/cgo has them
	weakly  weak.Pointer[server]
)

// What a blocked goroutine waits for is found, and who else refers to it. What is proven to have no
// end is that which the runtime proves, where it does.
func TestWaits(t *testing.T) {
	profile := pprof.Lookup("goroutineleak")
	number := regexp.MustCompile(`goroutine \d+`)
	for _, c := range waits {
		t.Run(c.name, func(t *testing.T) {
			queue.jobs, queue.done = make(chan string), make(chan struct{})
			var ids []uint64
			free := c.start(t, func(f func()) { ids = append(ids, started(t, f)) })
			var found map[uint64]retain.Waiting
			require.NoError(t, retain.Look("", func(v *retain.View) {
				assert.True(t, v.Dump.CleanupsKnown)
				found = v.Waits(ids)
			}))
			w := found[ids[0]]
			for i := range w.Waits {
				w.Waits[i].HeldBy = number.ReplaceAllString(w.Waits[i].HeldBy, "goroutine N")
			}
			slices.SortFunc(w.Waits, func(a, b retain.Wait) int { return strings.Compare(a.On, b.On) })
			if c.want != nil {
				assert.Equal(t, c.want, w.Waits)
			}
			if !c.shared {
				assert.Equal(t, c.proven, w.Proven, "%+v", w)
			}
			if profile != nil {
				require.NoError(t, profile.WriteTo(io.Discard, 0))
				assert.True(t, marked(ids[0]) || !w.Proven, "the runtime proves less")
				assert.True(t, c.shared || marked(ids[0]) == c.proven, "what the runtime proves")
			}
			free()
		})
	}
}

// The timers of a bubble are in no list of the runtime's, but in the bubble, which the runtime's call
// that has made it holds.
func TestWaitsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		id := closedByTimer()
		synctest.Wait()
		require.NoError(t, retain.Look("off", func(v *retain.View) {
			w := v.Waits([]uint64{id})[id]
			assert.False(t, w.Proven)
			require.Len(t, w.Waits, 1)
			assert.Equal(t, "chan string", w.Waits[0].On)
		}))
		time.Sleep(2 * time.Hour) // of the bubble's time: until the timer has fired
	})
}

// closedByTimer starts a goroutine that waits for what only a timer refers to.
//
//go:noinline
func closedByTimer() uint64 {
	c, ids := make(chan string), make(chan uint64)
	time.AfterFunc(time.Hour, func() { close(c) })
	go func() {
		ids <- ownID()
		receive(c)
	}()
	return <-ids
}

// marked reports whether the runtime has proven that a goroutine is stuck.
func marked(id uint64) bool {
	for r := range goroutine.All() {
		if g, err := r.Parse(); err == nil && g.ID == id {
			return g.Leaked
		}
	}
	return false
}

// started starts a goroutine and returns its number when it is blocked.
func started(t *testing.T, f func()) (id uint64) {
	ids := make(chan uint64)
	go func() {
		ids <- ownID()
		f()
	}()
	id = <-ids
	require.Eventually(t, func() bool {
		for r := range goroutine.All() {
			if g, err := r.Parse(); err == nil && g.ID == id {
				return strings.HasPrefix(g.State, "chan ") || strings.HasPrefix(g.State, "select") || strings.HasPrefix(g.State, "sync.")
			}
		}
		return false
	}, time.Minute, time.Millisecond)
	return id
}

// ownID returns the number of the calling goroutine.
//
//go:noinline
func ownID() (id uint64) {
	var buf [64]byte
	fields := strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))
	id, _ = strconv.ParseUint(fields[1], 10, 64)
	return id
}
