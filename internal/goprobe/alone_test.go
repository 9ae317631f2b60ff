package goprobe

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// The cases run in TestMain, as the main goroutine, which waits, and that of the test must be the only
// ones.
func TestMain(m *testing.M) {
	for i := range aloneCases {
		aloneCases[i].run()
	}
	os.Exit(m.Run())
}

var whole = probe.Scope{Test: "TestA", FromStart: true, Runner: true, ToEnd: true}

var aloneCases = []aloneCase{
	{why: "nothing is started", scope: whole, body: func() {}},
	{why: "what is started has ended", scope: whole, body: func() { elsewhere(func() {}) }},
	{why: "it has ended, in a check that begins late", scope: probe.Scope{Test: "TestA", Runner: true, ToEnd: true}, body: func() { elsewhere(func() {}) }, dumps: true},
	{why: "it has ended, in a subtest", scope: probe.Scope{Test: "TestA/b", FromStart: true, Runner: true, ToEnd: true}, body: func() { elsewhere(func() {}) }, dumps: true},
	{why: "a goroutine is left", scope: whole, body: func() { go func() { <-leave }() }, dumps: true, leaks: 1},
	{why: "another test is paused", scope: besidePaused, body: func() { elsewhere(func() {}) }, paused: 1},
	{why: "another test is paused, and a goroutine is left", scope: besidePaused, body: func() { go func() { <-leave }() }, paused: 1, dumps: true, leaks: 1},
	{why: "another test was paused, and goes on beside this one", scope: parallel, body: func() { elsewhere(func() {}) }, paused: 1, dumps: true},
	{why: "another test is perhaps paused", scope: perhapsParallel, body: func() { elsewhere(func() {}) }, paused: 1, dumps: true},
	{why: "an example, which has one new goroutine", scope: probe.Scope{Test: "ExampleA", FromStart: true}, body: func() {}, cheap: true},
	{why: "an example that leaves a goroutine", scope: probe.Scope{Test: "ExampleA", FromStart: true}, body: func() { go func() { <-leave }() }, cheap: true, dumps: true, leaks: 1},
	{why: "a finalizer is left", scope: whole, body: blockFinalizer, dumps: true, leaks: 1},
}

var (
	besidePaused    = besideOne(new(bool))
	parallel        = besideOne(new(true))
	perhapsParallel = besideOne(nil)
)

func besideOne(parallel *bool) probe.Scope {
	s := whole
	s.Paused, s.Parallel = 1, parallel
	return s
}

var leave = make(chan bool)

type aloneCase struct {
	why   string
	scope probe.Scope
	body  func()
	// paused is how many tests are paused.
	paused int
	cheap  bool // there is no dump at the start, as one goroutine was started since the last case
	dumps  bool
	leaks  int

	begun, dumped uint64 // how many dumps there were at the start, and at the end
	exact         bool
	found         []probe.Leak
}

func (c *aloneCase) run() {
	goroutines := runtime.NumGoroutine()
	goOn := make(chan bool)
	defer func() {
		close(goOn)
		for runtime.NumGoroutine() > goroutines {
			time.Sleep(time.Millisecond)
		}
	}()
	for range c.paused {
		go func() { <-goOn }()
	}
	elsewhere(func() {
		c.scope.SetLabel("TestA #1")
		goroutine.Labelled(c.scope.Label()).Set()
		start := remembered.dumps
		w, _ := Probe{}.Start(c.scope)
		c.begun = remembered.dumps - start
		c.exact = w.(*watch).before.exact
		c.body()
		for c.leaks == 0 && runtime.NumGoroutine() > 2+c.paused { // those of elsewhere go
			time.Sleep(time.Millisecond)
		}
		before := remembered.dumps
		c.found, _ = w.Grown()
		c.dumped = remembered.dumps - before
		w.Stop()
	})
	for range c.leaks {
		leave <- true
	}
}

func TestAlone(t *testing.T) {
	for _, c := range aloneCases {
		t.Run(c.why, func(t *testing.T) {
			assert.True(t, c.exact, "the goroutines that there were are known")
			assert.Len(t, c.found, c.leaks)
			assert.Equal(t, c.dumps, c.dumped > 0)
			assert.False(t, c.cheap && c.begun > 0)
		})
	}
}

func elsewhere(f func()) {
	done := make(chan bool)
	go func() { defer close(done); f() }()
	<-done
}

// blockFinalizer leaves a finalizer that does not end. The runtime's goroutine for finalizers is new.
func blockFinalizer() {
	began := make(chan bool)
	func() { runtime.SetFinalizer(new([64]byte), func(*[64]byte) { close(began); <-leave }) }()
	runtime.GC()
	<-began
}
