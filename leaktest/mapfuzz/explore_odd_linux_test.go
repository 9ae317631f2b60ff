package mapfuzz_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// A swept map has a goroutine that nothing ends, and a timer for each store.
type swept struct {
	maps.Locked[int, string]
	due atomic.Int32
}

func newSwept() mapfuzz.Map[int, string] {
	m := new(swept)
	go func() {
		for range time.Tick(time.Minute) {
			m.due.Store(0)
		}
	}()
	return plainMap{m}
}

func (m *swept) Store(k int, v string) {
	m.Locked.Store(k, v)
	time.AfterFunc(time.Hour, func() { m.due.Add(1) })
}

// computes never comes to a point again.
func computes(*faulty, int) {
	for n := 0; ; n++ {
		if n%1e6 == 0 {
			runtime.KeepAlive(n)
		}
	}
}

// Maps that do more than a map are explored, or refused with the reason.
func TestExploreOddMaps(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: builds take ten times as long")
	}
	t.Run("goroutines and timers", func(t *testing.T) {
		f := explored(t, newSwept, mapfuzz.Budget(2*time.Second))
		assert.Empty(t, f.Errors())
		assert.Regexp(t, `all schedules with at most 2 preemptions of \d+ pairs of operations on one key hold`, f.Logs())
	})
	t.Run("computes for ever", func(t *testing.T) {
		f := explored(t, func() mapfuzz.Map[int, string] { return plainMap{&faulty{erase: computes}} })
		assert.Regexp(t, `not explored: .*did not reach a point for \S+, .*it waits for something or computes in code that is not rewritten`, f.Errors())
		assert.Contains(t, f.Errors(), "mapfuzz_test.computes")
	})
}

// A build that takes too long is named as such.
func TestExploreBuildTimesOut(t *testing.T) {
	if os.Getenv("LEAKASSERT_TIMES_OUT") != "" {
		f := faketb.New(t.Name())
		mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) }, mapfuzz.Explore())
		fmt.Printf("<<%s>>", f.Errors())
		return
	}
	// The test's timeout leaves 5s to report in, and next to nothing to build in.
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExploreBuildTimesOut$", "-test.timeout=5100ms")
	cmd.Env = append(os.Environ(), "LEAKASSERT_TIMES_OUT=1")
	out, _ := cmd.CombinedOutput()
	assert.Regexp(t, `<<mapfuzz: \*maps\.Locked\[int,string\]: not explored: the build was not done after -?0s>>`, string(out))
}
