package mapfuzz

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/session"
)

// usualExploring is how long a map is explored without a Budget. It does not count the build.
const usualExploring = 10 * time.Second

// Explore makes [Test] explore the schedules of small scenarios, one after the other, instead of
// driving the map with goroutines that run at the same time. It finds faults whose window is a few
// instructions on any machine, and a report has the schedule that shows the fault. LEAKTEST=explore
// in the environment does the same for all maps.
//
// The test runs once more in a child process. There the packages of the map are compiled so that
// every atomic operation, lock and channel operation is a point at which the schedule can switch.
// These are the packages of the map's type and of the values in it, with those of the same module that
// they import. Explore takes import paths of more packages, which may end in "...". The user's files
// and the build cache of ordinary builds stay as they are.
//
// A quarter of the time is for keys that collide, if the map hashes keys with package hash/maphash or with the
// runtime's hash function of a built-in map, as sync.Map does: hashes are cut to one value or to four. See
// [UniqueHashes].
//
// By default a map is explored for 10s; see [Budget]. The first build takes some seconds more. Of the
// other options only Seed, Keys, Values, WeakRange and RangeAllowsWrites apply.
//
// The map must reach the same state in each execution of the same schedule. The driver controls
// goroutines that the map starts, time, random numbers and hashes, but not the order in which a built-in
// map is ranged over, hashes of pointers, assembly, and cgo. Plain reads and writes are no points: under -race the race detector
// reports those that need one. A schedule replays in any process, and with another release of Go as well unless
// the map takes the hash function of a built-in map. Exploring needs Linux and the go command.
//
// The design follows the systematic testing of CHESS: Musuvathi and others, Finding and reproducing
// Heisenbugs in concurrent programs (2008).
func Explore(packages ...string) Option {
	for _, p := range packages {
		if p == "" || strings.ContainsAny(p, " \t=,") {
			return option(false, nil, "Explore(%q): it is no import path", p)
		}
	}
	return func(o *settings) error {
		o.explore = true
		o.packages = append(o.packages, packages...)
		return nil
	}
}

// A job is what a child process must do, and where its answer is.
type job struct {
	Test string // the test that calls mapfuzz.Test
	Call int    // the number of that call
	// Sites is the folder with the places at which schedules can switch.
	Sites string
	// Own are the packages of the map, and Packages all that were rewritten.
	Own, Packages []string
	Budget        time.Duration
	Seed          uint64
	Replay        string
	// Around is a scenario in which the map has failed. Then only a smaller one is of interest.
	Around []byte
	// Hashes is the number of values to which hashes are cut, or 0.
	Hashes int
	folder string
}

// An answer is what a child process has found.
type answer struct {
	Report   string   // with which the test fails
	Notes    []string // for the log
	Short    string   // the notes in few words
	Limits   []string // what was not explored, which a person must see
	Progress string   // it is not done yet
	Hashed   bool     // there is time left for keys that collide
	Ops      int      // of the workers of the scenario that fails
	Race     bool     // the race detector has printed a report
}

// jobVariable names the folder of the child's job.
const jobVariable = "LEAKASSERT_EXPLORE"

func (j job) file(name string) string { return filepath.Join(j.folder, name) }

// currentJob returns the job of this process, if it is a child.
func currentJob() (j job, ok bool) {
	folder := os.Getenv(jobVariable)
	if folder == "" {
		return j, false
	}
	text, err := os.ReadFile(filepath.Join(folder, "job"))
	if err != nil || json.Unmarshal(text, &j) != nil {
		return j, false
	}
	j.folder = folder
	return j, true
}

// calls counts the calls that explore, by the t of the test.
var calls struct {
	sync.Mutex
	of map[TB]int
}

func nextCall(t TB) int {
	if !reflect.TypeOf(t).Comparable() {
		return 1
	}
	calls.Lock()
	defer calls.Unlock()
	if calls.of == nil {
		calls.of = make(map[TB]int)
	}
	calls.of[t]++
	if calls.of[t] == 1 {
		t.Cleanup(func() {
			calls.Lock()
			defer calls.Unlock()
			delete(calls.of, t)
		})
	}
	return calls.of[t]
}

// exploreHere explores in this process. It is nil unless the process was built for it.
var exploreHere func(r *run, j job) answer

// explores reports whether the map is to be explored.
func (o settings) explores(env session.Env) bool { return o.explore || env.Explore || env.Replay != "" }

// UniqueHashes makes [Explore] leave out keys whose hashes are equal. It is for maps whose documentation says
// that they distinguish keys by their hashes only.
func UniqueHashes() Option { return func(o *settings) error { o.uniqueHashes = true; return nil } }

// explored explores the map and returns the error with which the test is to fail.
func (h *harness[K, V]) explored(r *run, env session.Env) error {
	return r.inChild(env, h.rewritten, r.here)
}

// rewritten returns the packages of the map.
func (h *harness[K, V]) rewritten() []string { return packagesOf(h.sample, h.packages) }

// here explores the map in a child process.
func (r *run) here(j job) answer {
	if exploreHere == nil {
		return answer{}
	}
	r.d.Seed = j.Seed
	return exploreHere(r, j)
}

// inChild has a child process explore, and returns the error with which the test is to fail. In the
// child, here explores.
func (r *run) inChild(env session.Env, packages func() []string, here func(job) answer) error {
	call := nextCall(r.t)
	if r.isChild(call, here) {
		return nil
	}
	j := job{Test: r.t.Name(), Call: call, Budget: r.budget, Seed: r.seed}
	j.Hashes, j.Replay = ofHashes(env.Replay)
	if r.usualBudget {
		j.Budget = usualExploring
	}
	a, err := inChild(j, packages())
	if err != nil {
		return fmt.Errorf("mapfuzz: %s: not explored: %w", r.kind, err)
	}
	for _, note := range append(a.Notes, a.Limits...) {
		r.t.Logf("mapfuzz: %s: %s", r.kind, note)
	}
	if a.Report == "" {
		if len(a.Limits) > 0 && !probe.FlagSet("test.v") {
			session.Warn(r.t.Name(), fmt.Sprintf("mapfuzz: %s: %s", r.kind, strings.Join(a.Limits, "\n")))
		}
		return nil
	}
	return errors.New(a.Report)
}

// isChild reports whether this process is a child. If the call is that of its job, here explores.
func (r *run) isChild(call int, here func(job) answer) bool {
	j, child := currentJob()
	if child && j.Test == r.t.Name() && j.Call == call { // otherwise another call explores
		r.budget, r.seed = j.Budget, j.Seed
		j.answer(here(j))
		if t, ok := r.t.(*testing.T); ok { // the rest of the test is the parent's
			t.SkipNow()
		}
	}
	return child
}

// answer writes the answer for the parent. It replaces the file at once.
func (j job) answer(a answer) {
	text, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(j.file("part"), text, 0o600)
	}
	if err == nil {
		err = os.Rename(j.file("part"), j.file("answer"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mapfuzz: the answer of the child is lost:", err)
	}
}

func (j job) read() (a answer, ok bool) {
	text, err := os.ReadFile(j.file("answer"))
	return a, err == nil && json.Unmarshal(text, &a) == nil
}

// lastLines returns the end of what a child has printed.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// first returns the first error of what a process has printed.
func first(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "unexpected fault") || strings.HasPrefix(line, "WARNING: DATA RACE") {
			return strings.TrimSpace(line)
		}
	}
	return cmp.Or(strings.TrimSpace(lastLines(text, 1)), "it has printed nothing")
}
