package pipeline_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
)

// long is a settle time that no check here spends; one that does hangs a while
// and fails.
const long = 3 * time.Second

// slots is a kind of resource that a test holds and releases by name, and the
// probe that watches it.
type slots struct {
	// look is called in each look with its number in that watch, from 1;
	// explain once for each leak.
	look    func(watch probe.Scope, n int)
	explain func(*probe.Leak)

	mu     sync.Mutex
	held   []probe.Leak
	owner  map[string]string // by ID, the test whose own it is
	looks  atomic.Int64
	starts atomic.Int64
	stops  atomic.Int64
}

// lastID makes identities that no two resources of this process share.
var lastID atomic.Int64

// take holds slots from here on, with a name as their only column.
func (s *slots) take(names ...string) {
	for _, n := range names {
		s.hold(probe.Leak{Columns: []string{n}})
	}
}

func (s *slots) hold(l probe.Leak) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.ID == "" {
		l.ID = strconv.FormatInt(lastID.Add(1), 10)
	}
	s.held = append(s.held, l)
}

// own holds a slot that only the checks of that test see, as their own.
func (s *slots) own(test, name string) {
	l := probe.Leak{ID: strconv.FormatInt(lastID.Add(1), 10), Columns: []string{name}, Owned: true}
	s.mu.Lock()
	if s.owner == nil {
		s.owner = make(map[string]string)
	}
	s.owner[l.ID] = test
	s.mu.Unlock()
	s.hold(l)
}

func (s *slots) sees(test string, l probe.Leak) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, owned := s.owner[l.ID]
	return !owned || owner == test
}

func (s *slots) free(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []probe.Leak
	for _, l := range s.held {
		gone := false
		for _, n := range names {
			gone = gone || l.Columns[0] == n
		}
		if !gone {
			kept = append(kept, l)
		}
	}
	s.held = kept
}

func (s *slots) now() []probe.Leak {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]probe.Leak(nil), s.held...)
}

func (*slots) Kind() string { return "slot" }

func (s *slots) Start(scope probe.Scope) (probe.Watch, error) {
	s.starts.Add(1)
	w := &slotWatch{slots: s, scope: scope, before: make(map[string]bool)}
	for _, l := range s.now() {
		w.before[l.ID] = true
	}
	return w, nil
}

type slotWatch struct {
	*slots
	scope   probe.Scope
	before  map[string]bool
	n       int
	stopped bool
}

func (w *slotWatch) Grown() (leaks []probe.Leak, err error) {
	if w.stopped {
		return nil, errors.New("Grown is called after Stop")
	}
	w.n++
	w.slots.looks.Add(1)
	if w.slots.look != nil {
		w.slots.look(w.scope, w.n)
	}
	for _, l := range w.now() {
		if !w.before[l.ID] && w.sees(w.scope.Test, l) {
			leaks = append(leaks, l)
		}
	}
	return leaks, nil
}

func (w *slotWatch) Explain(leaks []probe.Leak) []probe.Leak {
	if w.stopped {
		panic("Explain is called after Stop")
	}
	for i := range leaks {
		if w.explain != nil {
			w.explain(&leaks[i])
		}
	}
	return leaks
}

func (w *slotWatch) Stop() {
	if w.stopped {
		panic("Stop is called twice")
	}
	w.stopped = true
	w.stops.Add(1)
}

// begin starts the check of a test of that name which looks once, if settle is
// not given.
func (s *slots) begin(test string, settle ...time.Duration) *pipeline.Check {
	c := plan.Config{Probes: []probe.Probe{s}}
	if len(settle) > 0 {
		c.Settle = settle[0]
	}
	return pipeline.Begin(faketb.New(test), probe.Scope{Test: test}, &c)
}

// say writes findings in a line: each leak by its first column, those with
// tests followed by them, each note.
func say(f pipeline.Findings) string {
	var said []string
	for whose, what := range []string{window.Own: "leaks", window.Shared: "shared", window.Elsewhere: "elsewhere", window.Nobody: "nobody's"} {
		if leaks := sayLeaks(what, f.Of(window.Whose(whose))); leaks != "" {
			said = append(said, leaks)
		}
	}
	for _, n := range f.Notes {
		said = append(said, "note "+n.Text)
	}
	return strings.Join(said, "; ")
}

func sayLeaks(what string, leaks []probe.Leak) string {
	var said []string
	for _, l := range leaks {
		line := what + " " + strings.Join(l.Columns, " ")
		if l.N() > 1 {
			line += fmt.Sprintf(" x%d", l.N())
		}
		if len(l.Tests) > 0 {
			line += " by " + strings.Join(l.Tests, ",")
		}
		said = append(said, line)
	}
	return strings.Join(said, "; ")
}

// filters are filters that keep what each of some functions returns.
func filters(keep ...func([]probe.Leak) []probe.Leak) []*plan.Filter {
	var p plan.Plan
	for _, k := range keep {
		p.Keep("", k)
	}
	return p.Filters
}
