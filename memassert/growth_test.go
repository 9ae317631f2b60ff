package memassert_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }

// plain is a report with 0 in place of numbers that depend on how fast the machine
// is: how many rounds there were.
func plain(report string) string {
	report = regexp.MustCompile(`\([\d]+ iterations in \d+ rounds`).ReplaceAllString(report, "(0 iterations in 0 rounds")
	report = regexp.MustCompile(`over \d+ iterations`).ReplaceAllString(report, "over 0 iterations")
	return regexp.MustCompile(`\+\d+ objects?  \+[\d.]+ [KMG]?i?B`).ReplaceAllString(report, "+0 objects  +0 B")
}

func TestNoGrowth(t *testing.T) {
	release(t)
	f := faketb.New("T")
	held.byUser = make(map[string]*session)
	runs := 0
	assert.True(t, memassert.NoGrowth(f, func() { runs++; held.byUser["a"] = newSession("a") }))
	assert.Empty(t, f.Errors()+f.Logs())
	// Unless it takes a round for what other tests have left to go.
	assert.Contains(t, []int{32 + 64 + 128, 32 + 64 + 128 + 256}, runs, "a clean body runs as often as the documentation says")

	held.sessions = make([]*session, 0, 1<<20) // growing it would be another finding
	assert.False(t, memassert.NoGrowth(f, func() { held.sessions = append(held.sessions, newSession("a")) }, soon))
	assert.GreaterOrEqual(t, len(held.sessions), 4032)
	golden(t, "nogrowth", plain(f.Errors()))
}

// A body that needs more iterations than others gets them.
func TestNoGrowthOptions(t *testing.T) {
	release(t)
	f := faketb.New("T")
	runs := 0
	assert.True(t, memassert.NoGrowth(f, func() { runs++ }, memassert.Iterations(3000), memassert.Warmup(10)))
	assert.Contains(t, []int{10 + 1000 + 2000, 10 + 1000 + 2000 + 4000}, runs)
	leak := func() { held.sessions = append(held.sessions, newSession("a")) }
	assert.True(t, memassert.NoGrowth(f, leak, memassert.MaxObjects(1)), "any size, one an iteration")
	assert.True(t, memassert.NoGrowth(f, leak, memassert.MaxBytes(200)), "any number, of so many bytes")
	assert.Empty(t, f.Errors())
	assert.False(t, memassert.NoGrowth(f, leak, memassert.MaxBytes(10), soon))
	f = faketb.New("T")
	assert.True(t, memassert.NoGrowth(f, leak, memassert.IgnoreFunc("github.com/leakassert/leakassert/memassert_test..."), soon), "what is ignored does not count: %s", f.Errors())
	assert.Equal(t, detailed, memassert.NoGrowth(faketb.New("T"), leak, memassert.IgnoreType("memassert_test.session"), memassert.IgnoreType("[]*memassert_test.session"), soon))
}

// Of a slow body the log says how much would not have been seen.
func TestNoGrowthOfASlowBody(t *testing.T) {
	f := faketb.New("T")
	runs := 0
	assert.True(t, memassert.NoGrowth(f, func() { runs++; time.Sleep(2 * time.Millisecond) }, memassert.Budget(50*time.Millisecond)))
	assert.Less(t, runs, 64)
	assert.Empty(t, f.Errors())
	const notJudged = "note: heap: not judged: " // by a loaded machine
	if !strings.Contains(f.Logs(), notJudged) {
		assert.Regexp(t, `^note: heap: \d+ iterations in 50ms show no growth of \d+ objects? or \S+ \S+ an iteration or more; Budget allows more of them, which show smaller growth$`, f.Logs())
	}

	release(t)
	f = faketb.New("T")
	passes := memassert.NoGrowth(f, func() {
		time.Sleep(2 * time.Millisecond)
		for range 20 {
			held.sessions = append(held.sessions, newSession("a"))
		}
	}, memassert.Budget(50*time.Millisecond), soon)
	assert.True(t, !passes || strings.Contains(f.Logs(), notJudged), "a leak that is large enough is seen all the same")
}

// A test that fails meanwhile gets no verdict on top.
func TestNoGrowthOfATestThatFails(t *testing.T) {
	release(t)
	f := faketb.New("T")
	runs := 0
	assert.False(t, memassert.NoGrowth(f, func() {
		held.sessions = append(held.sessions, newSession("a"))
		if runs++; runs == 100 {
			f.Errorf("for another reason")
		}
	}))
	assert.Equal(t, "for another reason", f.Errors())
	assert.Less(t, runs, 1000, "it is not run on")

	f, panicked := faketb.Run("T", func(f *faketb.TB) { memassert.NoGrowth(f, func() { panic("for another reason") }) })
	assert.Equal(t, "for another reason", panicked)
	assert.Empty(t, f.Errors())
}

// What grows while the body does not run is not held against it.
func TestNoGrowthBesideSomethingThatGrows(t *testing.T) {
	release(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	var log [][]byte
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-tick.C:
				for range 100 {
					log = append(log, make([]byte, 100))
				}
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	f := faketb.New("T")
	assert.True(t, memassert.NoGrowth(f, func() { time.Sleep(100 * time.Microsecond) }, soon))
	assert.Empty(t, f.Errors())
	if f.Logs() != "" { // else the rounds were too short to see it
		assert.Contains(t, f.Logs(), "it grows also while the body does not run: that is not counted")
	}
}

// The settings that keep timers are named when they do.
func TestRetainedByASetting(t *testing.T) {
	if os.Getenv("ASYNCTIMERS") != "" {
		memassert.NoGrowth(t, func() { _ = time.After(time.Hour) }, soon)
		return
	}
	if goHasAsyncTimers { // a later Go ends a process that asks for them
		cmd := exec.Command(os.Args[0], "-test.run=^TestRetainedByASetting$")
		cmd.Env = append(os.Environ(), "ASYNCTIMERS=1", "GODEBUG=asynctimerchan=1")
		out, err := cmd.CombinedOutput()
		assert.Error(t, err)
		assert.Regexp(t, `retained +a timer is kept until it fires or is stopped, and a ticker for good, as asynctimerchan=1 in GODEBUG`, string(out))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRetainedByASetting$")
	cmd.Env = append(os.Environ(), "ASYNCTIMERS=1")
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "timers that nobody refers to are collected: %s", out)
}

// Where nothing is ever freed there is nothing to judge. A process that really
// runs so is not started here: with GODEBUG=sbrk=1 Go's runtime dies or stands
// still at its own start in some of a hundred runs.
func TestSbrk(t *testing.T) {
	t.Setenv("GODEBUG", "sbrk=1")
	f := faketb.New("T")
	memassert.NoGrowth(f, func() { held.sessions = append(held.sessions, newSession("a")) })
	memassert.NoLeak(f, func() { held.sessions = append(held.sessions, newSession("a")) })
	f.End()
	assert.Empty(t, f.Errors())
	assert.Equal(t, 2, strings.Count(f.Logs(), "heap: not checked: GODEBUG=sbrk=1 has the runtime free nothing"), f.Logs())
}

var retains = regexp.MustCompile(`(retains +)\S+ [KMG]?i?B`)

// withoutSizes removes the retained sizes of suspects, which depend on how often a body has run.
func withoutSizes(report string) string { return retains.ReplaceAllString(report, "${1}0 B") }
