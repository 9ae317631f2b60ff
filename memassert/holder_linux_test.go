//go:build amd64 || arm64

package memassert_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// once keeps a failing check from waiting at all.
var once = memassert.Settle(0)

type hostage struct{ _ [10]int }

// Holders that the reports must name. There is one for each check that runs at the same time.
var hostages [4][]*hostage

//go:noinline
func newHostage() *hostage { return &hostage{} }

// hold makes n hostages that the i-th holder keeps.
func hold(i, n int) {
	for range n {
		hostages[i] = append(hostages[i], newHostage())
	}
}

// freeHostages frees them at the end of a test.
func freeHostages(t *testing.T) { t.Cleanup(func() { clear(hostages[:]) }) }

// failing runs a check that finds ten hostages and returns its report.
func failing(t testing.TB) string {
	t.Helper()
	hostages[0] = nil
	f := faketb.New("T")
	require.False(t, memassert.NoLeak(f, func() { hold(0, 10) }, once, memassert.IgnoreFunc("memassert_test.repeat")))
	return f.Errors()
}

// Parts of reports.
const (
	heldByName = "memassert_test.hostages[0]"
	notKnown   = "note: heap: what holds the objects is not known: "
	noNames    = "note: heap: what holds the objects has no names: "
)

// found asserts that a report has the plain finding, and returns its notes.
func found(t testing.TB, report string) (notes []string) {
	t.Helper()
	assert.Regexp(t, `\+10( objects  \+|, )800 B  \*memassert_test\.hostage\n`, report, "alone or under a suspect")
	assert.Regexp(t, `allocated +memassert_test\.newHostage  memassert/holder_linux_test\.go:\d+`, report)
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "note: ") {
			notes = append(notes, strings.TrimSuffix(line, "\n"))
		}
	}
	return notes
}

// settings has what a failing check must leave as it was.
type settings struct {
	processors, gcPercent, profileRate int
	descriptors                        []string
}

func currentSettings(t testing.TB) (s settings) {
	t.Helper()
	s = settings{processors: runtime.GOMAXPROCS(0), gcPercent: int(procstate.Metric("/gc/gogc:percent")), profileRate: runtime.MemProfileRate}
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		if link, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil { // that of ReadDir is closed
			s.descriptors = append(s.descriptors, e.Name()+" "+link)
		}
	}
	return s
}

// childrenOf returns the processes whose parent is this one, zombies too.
func childrenOf(pid int) (children []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, _ := os.ReadFile(file) // the process may have ended
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 {
			if parent, _ := strconv.Atoi(fields[1]); parent == pid {
				child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
				children = append(children, child)
			}
		}
	}
	return children
}

// times returns how often a test runs: by default and with the race detector, which makes a check ten times
// as slow, few times, and more with LEAKASSERT_FULL=1 and LEAKASSERT_LONG=1.
func times(few, more, most int) int {
	switch {
	case raceEnabled || !long.IsFull():
		return few
	case long.Run():
		return most
	}
	return more
}

// among runs f while n goroutines run work again and again.
func among(n int, work func(), f func()) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range n {
		group.Go(func() { repeat(stop, work) })
	}
	defer group.Wait()
	defer close(stop)
	f()
}

//go:noinline
func repeat(stop chan struct{}, work func()) {
	for {
		select {
		case <-stop:
			return
		default:
			work()
		}
	}
}

// readAndListen enters and leaves system calls, which is what the runtime's dumper does not stand.
func readAndListen() {
	var buffer [512]byte
	for _, name := range []string{"/dev/zero", "/proc/self/exe"} {
		if f, err := os.Open(name); err == nil {
			for range 20 {
				_, _ = f.Read(buffer[:])
			}
			_ = f.Close()
		}
	}
	if c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err == nil {
		_ = c.Close()
	}
	time.Sleep(time.Millisecond) // the checks need the processors, too
}

func TestHoldersAmongSystemCalls(t *testing.T) {
	freeHostages(t)
	checks, named := times(10, 20, 200), 0
	among(8, readAndListen, func() {
		for range checks {
			report := failing(t)
			notes := found(t, report)
			if strings.Contains(report, heldByName) {
				named++
				assert.Empty(t, notes, report)
			} else if assert.Len(t, notes, 1, report) {
				t.Log(notes[0])
			}
		}
	})
	assert.GreaterOrEqual(t, named, checks-checks/20)
	t.Logf("%d of %d name the holder", named, checks)
}

// A child that dies at any moment takes nothing but the holder with it.
func TestHoldersOfAKilledChild(t *testing.T) {
	freeHostages(t)
	checks := times(3, 6, 50)
	failing(t) // the second build is no longer a child
	before := currentSettings(t)
	named, killed := 0, 0
	among(1, func() {
		for _, child := range childrenOf(os.Getpid()) {
			time.Sleep(rand.N(30 * time.Millisecond))
			if syscall.Kill(child, syscall.SIGKILL) == nil {
				killed++
			}
		}
	}, func() {
		for range checks {
			report := failing(t)
			notes := found(t, report)
			if strings.Contains(report, heldByName) {
				named++
				assert.Empty(t, notes, report)
			} else if assert.Len(t, notes, 1, report) {
				assert.Contains(t, notes[0], notKnown+"heap dump: the child ") // it crashes by itself, too
			}
		}
	})
	t.Logf("%d of %d name the holder; %d children were killed", named, checks, killed)
	assert.Positive(t, killed)
	assert.Empty(t, childrenOf(os.Getpid()))
	assert.Equal(t, before, currentSettings(t))
}

// A failing check leaves the process as it was.
func TestHoldersLeaveNothing(t *testing.T) {
	freeHostages(t)
	for _, c := range []struct {
		name  string
		check func(f *faketb.TB)
	}{
		{"Check", func(f *faketb.TB) { memassert.Check(f, once); hold(0, 10) }},
		{"NoLeak", func(f *faketb.TB) { memassert.NoLeak(f, func() { hold(0, 10) }, once) }},
		{"NoGrowth", func(f *faketb.TB) {
			memassert.NoGrowth(f, func() { hold(0, 10) }, once, memassert.Budget(100*time.Millisecond))
		}},
		{"Collected", func(f *faketb.TB) { hold(0, 1); memassert.Collected(f, hostages[0][0], once) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			hostages[0] = nil
			before, goroutines := currentSettings(t), runtime.NumGoroutine()
			f, _ := faketb.Run("T", c.check)
			assert.Contains(t, f.Errors(), heldByName)
			assert.Equal(t, before, currentSettings(t))
			assert.Empty(t, childrenOf(os.Getpid()))
			for runtime.NumGoroutine() > goroutines { // the test's timeout ends it
				runtime.Gosched()
			}
		})
	}
}

// Checks that fail at the same time find the holders of each.
func TestHoldersAtTheSameTime(t *testing.T) {
	freeHostages(t)
	var group sync.WaitGroup
	var all [len(hostages)]*faketb.TB
	for i := range all {
		group.Go(func() {
			all[i], _ = faketb.Run(fmt.Sprint("T", i), func(f *faketb.TB) {
				hold(i, 10)
				memassert.Collected(f, hostages[i][5], once)
				memassert.NoLeak(f, func() { hold(i, 10) }, once)
			})
		})
	}
	group.Wait()
	reports := ""
	for i, f := range all {
		assert.Contains(t, f.Errors(), fmt.Sprintf("kept by     memassert_test.hostages[%d]", i))
		reports += f.Errors()
	}
	for i := range all {
		assert.Contains(t, reports, fmt.Sprintf("memassert_test.hostages[%d]", i))
	}
}

// In a bubble time stands still while the check waits for a child, or for the second build.
func TestHoldersInABubble(t *testing.T) {
	if !alone(t, setting("TMPDIR", t.TempDir())) {
		return
	}
	synctest.Test(t, func(t *testing.T) {
		freeHostages(t)
		for range 2 {
			report := failing(t)
			assert.Empty(t, found(t, report), report)
			assert.Contains(t, report, heldByName)
		}
	})
}
