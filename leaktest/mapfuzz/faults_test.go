package mapfuzz_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A faulty map is right but for what its hooks do.
type faulty struct {
	maps.Locked[int, string]
	mu           sync.Mutex
	store, erase func(m *faulty, k int)
	ranges       func(m *faulty, f func(int, string) bool)
}

func (m *faulty) Store(k int, v string) {
	if m.store != nil {
		m.store(m, k)
	}
	m.Locked.Store(k, v)
}

func (m *faulty) Delete(k int) {
	if m.erase != nil {
		m.erase(m, k)
	}
	m.Locked.Delete(k)
}

func (m *faulty) Range(f func(int, string) bool) {
	if m.ranges != nil {
		m.ranges(m, f)
		return
	}
	m.Locked.Range(f)
}

// plainMap hides what a map has besides.
type plainMap struct{ mapfuzz.Map[int, string] }

var faults = map[string]func() mapfuzz.Map[int, string]{
	"panic": func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{erase: func(_ *faulty, k int) {
			if k == 3 {
				panic("three")
			}
		}}}
	},
	// Range returns early with the lock held.
	"deadlock": func() mapfuzz.Map[int, string] {
		lock := func(m *faulty, _ int) { m.mu.Lock(); defer m.mu.Unlock() }
		return plainMap{&faulty{store: lock, erase: lock, ranges: func(m *faulty, f func(int, string) bool) {
			m.mu.Lock()
			stopped := false
			m.Locked.Range(func(k int, v string) bool { stopped = !f(k, v); return !stopped })
			if !stopped {
				m.mu.Unlock()
			}
		}}}
	},
	"livelock": func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{erase: func(_ *faulty, k int) {
			for k == 3 {
				runtime.Gosched()
			}
		}}}
	},
	"memory": func() mapfuzz.Map[int, string] {
		var hold [][]byte
		return plainMap{&faulty{store: func(_ *faulty, k int) {
			for k == 3 {
				hold = append(hold, make([]byte, 1<<24))
			}
		}}}
	},
	"none": func() mapfuzz.Map[int, string] { return plainMap{new(faulty)} },
	// A fatal error of the runtime.
	"fatal": func() mapfuzz.Map[int, string] {
		n := make(map[int]int)
		return plainMap{&faulty{store: func(_ *faulty, k int) { n[k]++ }, erase: func(_ *faulty, k int) { delete(n, k) }}}
	},
	"race": func() mapfuzz.Map[int, string] {
		n := 0
		return plainMap{&faulty{store: func(*faulty, int) { n++ }}}
	},
}

// Some faults stay in the process, others end it: each has one of its own.
func child(t *testing.T, fault string, env ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(append(os.Environ(), "FAULT="+fault), env...)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestChild(t *testing.T) {
	newMap := faults[os.Getenv("FAULT")]
	if newMap == nil {
		return // TestFaults runs it
	}
	f := faketb.New("T")
	mapfuzz.Test(f, newMap, mapfuzz.Seed(1))
	fmt.Printf("<<%s>>%s", f.Errors(), f.Logs())
}

func TestFaults(t *testing.T) {
	t.Run("panic", func(t *testing.T) {
		f := faketb.New("T")
		mapfuzz.Test(f, faults["panic"], mapfuzz.Seed(1))
		golden(t, "panic", f.Errors())
	})
	t.Run("deadlock", func(t *testing.T) {
		t.Parallel() // it takes some seconds until it counts as one
		out, _ := child(t, "deadlock")
		assert.Regexp(t, `<<mapfuzz: mapfuzz_test.plainMap: (Store|Delete)\(.*\) does not return \(mode sequential\)`, out)
		assert.Regexp(t, `Range\(stop at \d\) → \d entr.*\n +(Store|Delete)\(.*\) does not return\n`, out)
		assert.Regexp(t, `goroutine \d+, sync.Mutex.Lock:`, out)
		assert.Contains(t, out, "mapfuzz_test.(*faulty).")
	})
	t.Run("livelock", func(t *testing.T) {
		t.Parallel()
		out, _ := child(t, "livelock")
		assert.Contains(t, out, "<<mapfuzz: mapfuzz_test.plainMap: Delete(3) does not return (mode sequential)")
		assert.Contains(t, out, "mapfuzz_test.(*faulty).Delete")
	})
	t.Run("memory", func(t *testing.T) {
		out, code := child(t, "memory")
		assert.Equal(t, 2, code)
		assert.Regexp(t, `T: mapfuzz: mapfuzz_test.plainMap: the map takes ever more memory: \d+\.\d GiB more than at the start \(mode sequential\)`, out)
		assert.Regexp(t, `Store\(3, ".*"\) does not return`, out)
		assert.Contains(t, out, "mapfuzz: ending the process: nothing else stops it")
	})
	t.Run("fatal", func(t *testing.T) {
		if raceEnabled {
			t.Skip("go test runs it: the race detector is sooner")
		}
		const again = `--- WARN: T\n    mapfuzz: mapfuzz_test\.plainMap: an earlier run ended while it played this \(mode \w+\), which is played again:\n\n`
		out, code := child(t, "fatal", "TMPDIR="+t.TempDir())
		assert.Equal(t, 2, code)
		assert.Contains(t, out, "fatal error: concurrent map")
		assert.NotRegexp(t, again, out)
		dir := t.TempDir()
		child(t, "fatal", "TMPDIR="+dir)
		out, code = child(t, "fatal", "TMPDIR="+dir)
		assert.Equal(t, 2, code, "again")
		assert.Regexp(t, again, out)
		assert.Regexp(t, `(?m)^ +(Store|Delete)\(\d+.*\) …`, out)
		out, _ = child(t, "none", "TMPDIR="+dir)
		assert.Regexp(t, again, out)
		assert.Contains(t, out, "mapfuzz: mapfuzz_test.plainMap: what an earlier run played when it ended was played again, without a fault")
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, left)
	})
	t.Run("race", func(t *testing.T) {
		if !raceEnabled {
			t.Skip("go test -race runs it")
		}
		out, _ := child(t, "race")
		assert.Contains(t, out, "WARNING: DATA RACE")
		assert.Regexp(t, `<<mapfuzz: mapfuzz_test.plainMap: a data race was reported while these operations ran: see the race detector's report \(mode (duel|history)\)`, out)
		assert.Regexp(t, `worker 1 +worker 2`, out)
	})
}

// Writers that wait until Range has ended are no fault, and those that wait longer
// are, also in a callback of a map that promises that it may write.
func TestWritersWait(t *testing.T) {
	t.Parallel()
	f := faketb.New("T")
	waits := func() mapfuzz.Map[int, string] { return new(maps.RWLocked[int, string]) }
	mapfuzz.Test(f, waits, mapfuzz.Only("range"), mapfuzz.Budget(200*time.Millisecond))
	assert.Empty(t, f.Errors())
	assert.Contains(t, f.Logs(), "mapfuzz: *maps.RWLocked[int,string]: writes wait while Range runs: its callback must not write to the map")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(maps.Sharded[int, string]) }, mapfuzz.Only("range"), mapfuzz.Budget(200*time.Millisecond), mapfuzz.RangeAllowsWrites())
	assert.Empty(t, f.Errors())
	assert.NotContains(t, f.Logs(), "Range")

	locks := func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{ranges: func(m *faulty, f func(int, string) bool) { m.Locked.Range(f) }}}
	}
	f = faketb.New("T")
	mapfuzz.Test(f, locks, mapfuzz.Only("range"), mapfuzz.RangeAllowsWrites())
	assert.Contains(t, f.Errors(), "does not return")
	assert.Regexp(t, `Range\(Store\(1\d\d, "s\d+"\), Delete\(1\d\d\), …\) does not return`, f.Errors())
}
