package mapfuzz

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/session"
)

// A Schedule is one execution of a small concurrent program, for [ExploreFunc]. Its methods Errorf,
// FailNow and Helper let assertions of testify and others report to it.
type Schedule struct {
	setup, after func()
	workers      []func()
	wrong        []string
}

// Setup sets what runs first and alone. Without it, what the program makes must not be used before the
// workers run.
func (s *Schedule) Setup(f func()) { s.setup = f }

// Go adds a worker. The workers begin when Setup has returned.
func (s *Schedule) Go(f func()) { s.workers = append(s.workers, f) }

// After sets what runs alone, once all workers have returned.
func (s *Schedule) After(f func()) { s.after = f }

// Errorf says that this schedule has shown a fault.
func (s *Schedule) Errorf(format string, args ...any) {
	s.wrong = append(s.wrong, withoutTrace(fmt.Sprintf(format, args...)))
}

// withoutTrace removes testify's trace: but for the first line it is that of the scheduler.
func withoutTrace(text string) string {
	text = trace.ReplaceAllString(text, "")
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

var trace = regexp.MustCompile(`(?m)^\s*Error Trace:.*\n(?:\s+/.*:\d+\n)*|^\s*Test:.*\n`)

// FailNow ends the worker that calls it.
func (s *Schedule) FailNow() { runtime.Goexit() }

// Helper does nothing.
func (s *Schedule) Helper() {}

// exploreFuncHere explores a program in this process. It is nil unless the process was built for it.
var exploreFuncHere func(program func(*Schedule), r *run, j job) answer

// ExploreFunc explores the schedules of a small concurrent program, and fails t if one of them shows a
// fault: a call of Errorf, a panic, a deadlock, or a goroutine that is left when everything has
// returned. program is called anew for each schedule:
//
//	mapfuzz.ExploreFunc(t, func(s *mapfuzz.Schedule) {
//		b := refcount.New()
//		s.Go(b.Release)
//		s.Go(b.Release)
//		s.After(func() { assert.Equal(s, 1, b.Freed()) })
//	})
//
// First every schedule with at most two preemptions is tried, then others by chance. The test runs once
// more in a child process, as with [Explore], which says what is controlled. Its packages are those
// of the program's function, with those of the same module that they import. Of the options, Budget,
// Seed and Explore apply. A few workers with a few operations each are enough; more take much longer.
func ExploreFunc(t TB, program func(*Schedule), opts ...Option) {
	t.Helper()
	o, err := options(opts)
	var env session.Env
	if err == nil {
		env, err = session.Environment()
	}
	if err == nil && program == nil {
		err = errors.New("mapfuzz: ExploreFunc: program is nil: pass a function")
	}
	if err == nil {
		err = exploredFunc(t, program, o, env)
	}
	if err != nil {
		t.Errorf("%v", err)
	}
}

func exploredFunc(t TB, program func(*Schedule), o settings, env session.Env) error {
	r := &run{settings: o, t: t, kind: "ExploreFunc"}
	return r.inChild(env, func() []string {
		return packagesOf(program, o.packages)
	}, func(j job) answer {
		if exploreFuncHere == nil {
			return answer{}
		}
		return exploreFuncHere(program, r, j)
	})
}
