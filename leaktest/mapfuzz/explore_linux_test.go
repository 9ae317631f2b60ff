package mapfuzz_test

import (
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explored explores a map. The child process runs this test again, so f has its name.
func explored(t *testing.T, newMap func() mapfuzz.Map[int, string], opts ...mapfuzz.Option) *faketb.TB {
	t.Helper()
	f := faketb.New(t.Name())
	mapfuzz.Test(f, newMap, append(opts, mapfuzz.Explore(), mapfuzz.Seed(1))...)
	if os.Getenv("LEAKASSERT_EXPLORE") != "" {
		t.SkipNow() // the rest is the parent's
	}
	return f
}

var token = tokenOf(`\S+`)

// tokenOf matches what says how to play a schedule again.
func tokenOf(schedule string) *regexp.Regexp {
	return regexp.MustCompile(`LEAKTEST=(replay=` + schedule + `) go test -run '\^TestExplore\w*\$/\^[\w ]+\$' plays this schedule again`)
}

func TestExplore(t *testing.T) {
	for _, c := range []struct {
		name, fault string
		newMap      func() mapfuzz.Map[int, string]
	}{
		{"loses updates", "was lost", func() mapfuzz.Map[int, string] { return new(broken.LosesUpdates[int, string]) }},
		{"checks then frees", "", func() mapfuzz.Map[int, string] { return new(broken.ChecksThenFrees[int, string]) }},
		{"unlocks early", "", func() mapfuzz.Map[int, string] { return new(broken.UnlocksEarly[int, string]) }},
	} {
		if raceEnabled && c.fault == "" { // a build takes ten times as long
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if c.fault == "" {
				long.Full(t)
			}
			f := explored(t, c.newMap)
			assert.Regexp(t, `^mapfuzz: \*broken\.\w+\[int,string\]: .*`+c.fault+`.* \((explored: .*|replayed)\)\n`, f.Errors())
			assert.Contains(t, f.Errors(), "worker 1")
			assert.Regexp(t, `the schedule:\n +worker 1 +worker 2\n`, f.Errors())
			assert.Contains(t, f.Logs(), "found after ")
			word := token.FindStringSubmatch(f.Errors())
			require.Len(t, word, 2, f.Errors())
			pictures := t.TempDir()
			t.Setenv("LEAKTEST", word[1]+",pictures="+pictures)
			for range 2 {
				again := explored(t, c.newMap)
				if c.name == "loses updates" {
					assert.Contains(t, again.Errors(), "picture: "+pictures)
				}
				assert.Contains(t, again.Errors(), "(replayed)\n")
				assert.Equal(t, table(f.Errors()), table(again.Errors()))
				assert.Contains(t, again.Logs(), "the schedule was replayed")
			}
		})
	}
}

// table returns the operations and the results of a report.
func table(report string) string {
	return regexp.MustCompile(`(?s)\n\n(.*?)\n\n`).FindString(report)
}

func TestExploreHolds(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: a schedule takes a hundred times as long")
	}
	all := regexp.MustCompile(`all schedules with at most 2 preemptions of \d+ pairs of operations on one key hold \([\d ]+ schedules tried\)`)
	for name, newMap := range map[string]func() mapfuzz.Map[int, string]{
		"mutex": func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) },
		"RCU":   func() mapfuzz.Map[int, string] { return new(maps.RCU[int, string]) },
	} {
		t.Run(name, func(t *testing.T) {
			f := explored(t, newMap, mapfuzz.Budget(2*time.Second))
			if !all.MatchString(f.Logs()) { // beside other work
				f = explored(t, newMap, mapfuzz.Budget(30*time.Second))
			}
			assert.Empty(t, f.Errors())
			assert.Regexp(t, all, f.Logs())
		})
	}
}

// unsynchronised has no operation at which a schedule can switch.
type unsynchronised struct{ m map[int]string }

func (u *unsynchronised) Load(k int) (string, bool) { v, ok := u.m[k]; return v, ok }
func (u *unsynchronised) Store(k int, v string)     { u.m[k] = v }
func (u *unsynchronised) Delete(k int)              { delete(u.m, k) }
func (u *unsynchronised) Range(f func(int, string) bool) {
	for k, v := range u.m {
		if !f(k, v) {
			return
		}
	}
}

// What can't be explored fails, and says why.
func TestExploreRefuses(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: builds take ten times as long")
	}
	t.Run("nothing to switch at", func(t *testing.T) {
		f := explored(t, func() mapfuzz.Map[int, string] { return &unsynchronised{make(map[int]string)} })
		assert.Regexp(t, `^mapfuzz: \*mapfuzz_test\.unsynchronised: not explored: .*reached no point at which a schedule could switch`, f.Errors())
	})
	t.Run("blocked by what is not controlled", func(t *testing.T) {
		f := explored(t, func() mapfuzz.Map[int, string] {
			return plainMap{&faulty{store: func(*faulty, int) { wait(new(pipe)) }}}
		})
		assert.Regexp(t, `not explored: `, f.Errors())
	})
	t.Run("ends the process", func(t *testing.T) {
		f := explored(t, func() mapfuzz.Map[int, string] {
			return plainMap{&faulty{erase: func(*faulty, int) {
				if os.Getenv("LEAKASSERT_EXPLORE") != "" {
					os.Exit(3)
				}
			}}}
		})
		assert.Regexp(t, `^mapfuzz: the map has ended the process: `, f.Errors())
		assert.Contains(t, f.Errors(), "worker 1\n")
	})
	t.Run("name", func(t *testing.T) {
		f := faketb.New("no test")
		mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) }, mapfuzz.Explore())
		assert.Equal(t, "mapfuzz: *maps.Locked[int,string]: not explored: no test is no test that go test can run by its name", f.Errors())
	})
	t.Run("option", func(t *testing.T) {
		f := faketb.New("T")
		mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) }, mapfuzz.Explore("a b"))
		assert.Equal(t, `mapfuzz: Explore("a b"): it is no import path`, f.Errors())
	})
	t.Run("schedule", func(t *testing.T) {
		t.Setenv("LEAKTEST", "replay=abc")
		f := explored(t, func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) })
		assert.Equal(t, "mapfuzz: *maps.Locked[int,string]: LEAKTEST=replay: this is no schedule that a report has printed: copy all of it", f.Errors())
	})
}

// A pipe that nobody writes to.
type pipe struct{ r, w *os.File }

func wait(p *pipe) {
	p.r, p.w, _ = os.Pipe()
	_, _ = p.r.Read(make([]byte, 1))
}

// racy is a map whose size needs a lock, and has none.
type racy struct {
	maps.Locked[int, string]
	stores int
	atomic atomic.Int32
}

func (r *racy) Store(k int, v string) {
	r.atomic.Load()
	r.stores++
	r.Locked.Store(k, v)
}

func TestExploreWithTheRaceDetector(t *testing.T) {
	if !raceEnabled {
		t.Skip("go test -race runs it")
	}
	f := explored(t, func() mapfuzz.Map[int, string] { return new(racy) }, mapfuzz.Budget(20*time.Second))
	assert.Contains(t, f.Errors(), "a data race was reported while these operations ran")
	assert.Contains(t, f.Errors(), "WARNING: DATA RACE")
	assert.Contains(t, f.Errors(), "mapfuzz_test.(*racy).Store")
}

func exploredFunc(t *testing.T, program func(*mapfuzz.Schedule), opts ...mapfuzz.Option) *faketb.TB {
	t.Helper()
	f := faketb.New(t.Name())
	mapfuzz.ExploreFunc(f, program, append(opts, mapfuzz.Seed(1))...)
	if os.Getenv("LEAKASSERT_EXPLORE") != "" {
		t.SkipNow()
	}
	return f
}

func TestExploreFunc(t *testing.T) {
	t.Run("deadlock", func(t *testing.T) {
		f := exploredFunc(t, func(s *mapfuzz.Schedule) {
			var a, b sync.Mutex
			n := 0
			both := func(first, second *sync.Mutex) {
				first.Lock()
				second.Lock()
				n++
				second.Unlock()
				first.Unlock()
			}
			s.Go(func() { both(&a, &b) })
			s.Go(func() { both(&b, &a) })
		})
		assert.Regexp(t, `^mapfuzz: .*deadlock`, f.Errors())
		assert.Regexp(t, `explore_linux_test\.go:\d+  Lock`, f.Errors())
	})
	t.Run("goroutine that is left", func(t *testing.T) {
		f := exploredFunc(t, func(s *mapfuzz.Schedule) {
			results, done := make(chan int), make(chan bool, 1)
			s.Go(func() {
				go func() { results <- 1 }()
				select {
				case <-results:
				case <-done:
				}
			})
			s.Go(func() { done <- true })
		})
		assert.Regexp(t, `^mapfuzz: a goroutine is left when all have returned: it waits at explore_linux_test\.go:\d+ \(send\)`, f.Errors())
	})
	t.Run("panic", func(t *testing.T) {
		f := exploredFunc(t, func(s *mapfuzz.Schedule) {
			var n atomic.Int32
			s.Go(func() {
				if n.Add(1) == 2 {
					panic("two")
				}
			})
			s.Go(func() { n.Add(1) })
		})
		assert.Regexp(t, `^mapfuzz: .*panic.*two`, f.Errors())
		assert.Contains(t, f.Errors(), "TestExploreFunc.func3")
	})
	t.Run("assertion", func(t *testing.T) {
		f := exploredFunc(t, func(s *mapfuzz.Schedule) {
			var n atomic.Int32
			for range 2 {
				s.Go(func() { n.Store(n.Load() + 1) })
			}
			s.After(func() { require.Equal(s, 2, int(n.Load()), "a lost update") })
		})
		assert.Regexp(t, `^mapfuzz: Error: +\tNot equal:\nexpected: 2\nactual  : 1\nMessages: +\ta lost update\n`, f.Errors())
		assert.Regexp(t, `Load  1  ← worker \d has changed it|Store  1`, f.Errors())
	})
	t.Run("holds", func(t *testing.T) {
		f := exploredFunc(t, func(s *mapfuzz.Schedule) {
			var n int
			var mu sync.Mutex
			for range 3 {
				s.Go(func() { mu.Lock(); defer mu.Unlock(); n++ })
			}
			s.After(func() { assert.Equal(s, 3, n) })
		})
		assert.Empty(t, f.Errors())
		assert.Regexp(t, `all [\d ]+ schedules hold`, f.Logs())
	})
	t.Run("nil", func(t *testing.T) {
		f := faketb.New(t.Name())
		mapfuzz.ExploreFunc(f, nil)
		assert.Equal(t, "mapfuzz: ExploreFunc: program is nil: pass a function", f.Errors())
	})
}
