package fdprobe

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// The cases run in TestMain: there the main goroutine can do in the seam what in a real package only
// the testing package does, and no other goroutine runs.
func TestMain(m *testing.M) {
	for i := range seamCases {
		seamCases[i].run()
	}
	os.Exit(m.Run())
}

var seamCases = []seamCase{
	{why: "nothing else runs", shared: true},
	{why: "the main goroutine opens a file", seam: func() { held = open() }},
	{why: "a goroutine opens a file in place of another one", seam: func() { elsewhere(func() { replaced.Close(); held = open() }) }},
	{why: "a goroutine ran, and nothing changed", seam: func() { elsewhere(func() {}) }},
	{why: "a finalizer has run", seam: finalize},
	{why: "a finalizer has run in the first test", body: finalize},
	{why: "the first test leaves a goroutine", body: func() { go func() { <-leave }() }, seam: func() {}, after: func() { leave <- true }},
	{why: "the first test has closed what was open", body: func() { replaced.Close() }, shared: true},
	{why: "the first test leaks", body: func() { held = open() }},
	{why: "the suite ends", seam: func() { suiteWatch.Stop(); suiteWatch = start(probe.Scope{Suite: true}) }},
	{why: "no suite runs", noSuite: true},
	{why: "another check begins", seam: func() { start(probe.Scope{Test: "TestC"}).Stop() }},
	{why: "the second is a subtest", second: probe.Scope{Test: "TestA/b", FromStart: true, Runner: true, ToEnd: true}},
	{why: "the second check begins late", second: probe.Scope{Test: "TestB", Runner: true, ToEnd: true}},
}

var (
	replaced, held *os.File // open before the first test; opened later
	leave          = make(chan bool)
	suiteWatch     *watch
)

// A seamCase is two tests that run one after the other. The second one leaks a file, which must be
// all that its check finds.
type seamCase struct {
	why        string
	body, seam func() // in the first test, and after it
	after      func()
	second     probe.Scope
	noSuite    bool
	shared     bool // the second test shares the last look of the first one

	got   bool
	found []procfd.Entry
	leak  int
}

func (c *seamCase) run() {
	replaced, held = open(), nil
	if suiteWatch = nil; !c.noSuite {
		suiteWatch = start(probe.Scope{Suite: true})
		defer func() { suiteWatch.Stop() }()
	}
	whole := probe.Scope{Test: "TestA", FromStart: true, Runner: true, ToEnd: true}
	var last *procfd.Table
	elsewhere(func() {
		w := start(whole)
		call(c.body)
		_, _ = w.Grown()
		last = w.now
		w.Stop()
	})
	last.Entries[0].ID.Ino++ // a new snapshot has the true one
	marked := last.Entries[0].ID.Ino
	waitAlone(c.after == nil)
	call(c.seam)
	if whole.Test = "TestB"; c.second.Test != "" {
		whole = c.second
	}
	elsewhere(func() {
		w := start(whole)
		if first := &w.before.Entries[0].ID; first.Ino == marked {
			c.got = true
			first.Ino = marked - 1
		}
		f := open()
		c.leak = int(f.Fd())
		_ = w.now.Read()
		c.found = procfd.Grown(nil, w.before, w.now)
		f.Close()
		w.Stop()
	})
	call(c.after)
	replaced.Close()
	held.Close()
	waitAlone(true)
}

func TestSeam(t *testing.T) {
	for _, c := range seamCases {
		t.Run(c.why, func(t *testing.T) {
			assert.Equal(t, c.shared, c.got)
			if assert.Len(t, c.found, 1) {
				assert.Equal(t, c.leak, c.found[0].Num)
			}
		})
	}
}

func start(s probe.Scope) *watch {
	w, err := Probe{}.Start(s)
	if err != nil {
		panic(err)
	}
	return w.(*watch)
}

func open() *os.File {
	f, err := os.Open(os.DevNull)
	if err != nil {
		panic(err)
	}
	return f
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// elsewhere runs f on a goroutine of its own, as a test runs, and waits.
func elsewhere(f func()) {
	done := make(chan bool)
	go func() { defer close(done); f() }()
	<-done
}

// waitAlone waits until the goroutines of elsewhere are gone, if all goroutines go.
func waitAlone(all bool) {
	for all && runtime.NumGoroutine() > 1 {
		time.Sleep(time.Millisecond)
	}
}

// finalize has a finalizer close a file.
func finalize() {
	was := procstate.Queue()
	open()
	for q := was; q.Finalizers == was.Finalizers || q.Finalized < q.Finalizers; q = procstate.Queue() {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}
