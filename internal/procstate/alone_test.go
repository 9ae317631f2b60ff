package procstate

import (
	"flag"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// aloneSoon waits for the goroutines of tests that have just ended.
func aloneSoon() bool {
	for range 5000 {
		if alone() {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// elsewhere calls f on another goroutine, as a body that has a time limit is.
func elsewhere(f func() bool) bool {
	c := make(chan bool)
	go func() { c <- f() }()
	return <-c
}

// At most one test runs at any time here but in the two subtests that run together.
func TestAlone(t *testing.T) {
	assert.True(t, aloneSoon())
	assert.True(t, elsewhere(aloneSoon))
	t.Run("subtest", func(t *testing.T) {
		assert.True(t, aloneSoon(), "its parent waits")
		t.Cleanup(func() { assert.True(t, aloneSoon()) })
	})

	both, over := make(chan struct{}), make(chan struct{})
	t.Run("together", func(t *testing.T) {
		t.Run("waits", func(t *testing.T) {
			t.Parallel()
			close(both)
			<-over // as any test's goroutine does, in code of its own
		})
		t.Run("asks", func(t *testing.T) {
			t.Parallel()
			<-both
			assert.False(t, alone())
			assert.False(t, elsewhere(alone))
			percent := gcPercent()
			release := HoldCollector()
			assert.Equal(t, percent, gcPercent(), "the collector is not held")
			release()
			var p Processors
			procs := runtime.GOMAXPROCS(0)
			p.Take()
			p.Set(func(int) int { return procs + 1 })
			assert.Equal(t, procs, runtime.GOMAXPROCS(0), "the processors stay")
			p.Restore()
			close(over)
		})
		assert.True(t, aloneSoon(), "they wait for their parent")
	})
	assert.True(t, aloneSoon())
}

// A parallel test that waits for its turn may start at any time.
func TestAloneBesideOneThatWaits(t *testing.T) {
	if slots := flag.Lookup("test.parallel").Value.String(); slots != "1" {
		output, err := exec.Command(os.Args[0], "-test.run=^TestAloneBesideOneThatWaits$", "-test.parallel=1").CombinedOutput()
		assert.NoError(t, err, string(output))
		return
	}
	others := int32(2)
	for range 3 {
		t.Run("parallel", func(t *testing.T) {
			assert.True(t, aloneSoon(), "those before wait for their parent")
			t.Parallel()
			if atomic.AddInt32(&others, -1) >= 0 {
				assert.False(t, alone())
			} else {
				assert.True(t, aloneSoon(), "it is the last")
			}
		})
	}
}

func gcPercent() int { return int(Metric("/gc/gogc:percent")) }

// However many hold it, the collector is held, by a bounded number, and the
// percentage that was set before comes back.
func TestHoldCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	a := HoldCollector()
	held := gcPercent()
	assert.Greater(t, held, 70)
	assert.Less(t, held, 2000)
	b := HoldCollector()
	a()
	a()
	assert.Equal(t, held, gcPercent(), "b holds it")
	b()
	assert.Equal(t, 70, gcPercent())
}

// What somebody else sets meanwhile stays, and what they put back later is not
// taken for theirs.
func TestHoldCollectorAmongOthers(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	release := HoldCollector()
	ours := debug.SetGCPercent(50)
	release()
	assert.Equal(t, 50, gcPercent(), "it is the user's")
	debug.SetGCPercent(ours)
	HoldCollector()()
	assert.Equal(t, 70, gcPercent(), "ours was put back")

	debug.SetGCPercent(-1)
	HoldCollector()()
	assert.Equal(t, -1, debug.SetGCPercent(70), "there was nothing to hold")
}

// While it is held, garbage has no collector run, but much of it does.
func TestHoldCollectorIsBounded(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	release := HoldCollector()
	defer release()
	const cycles = "/gc/cycles/total:gc-cycles"
	before := Metric(cycles)
	garbage(32 << 20)
	assert.Equal(t, before, Metric(cycles))
	for i := 0; i < 16 && Metric(cycles) == before; i++ { // one that has begun needs time to end
		garbage(64 << 20)
	}
	assert.Greater(t, Metric(cycles), before)
}

var sink strings.Builder

func garbage(bytes int) {
	for range bytes >> 16 {
		sink.Reset()
		sink.Grow(1 << 16)
	}
}
