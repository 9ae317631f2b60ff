package source_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/source"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stop ends the goroutines that the functions below start.
var stop = make(chan struct{})

func wait() { <-stop }

var (
	byLiteral, byName, byMethod, byHelper sync.Once
	byPointer                             = &sync.Once{}
	clock                                 = &ticker{}
	byFunc                                = sync.OnceFunc(func() { go wait() })
	byValue                               = sync.OnceValue(func() int { go wait(); return 1 })
	byTwo                                 = sync.OnceFunc(func() { go wait(); go wait() })
	byWorkers                             = sync.OnceFunc(func() {
		for range 1 {
			go wait()
		}
	})
	elsewhere sync.Once
)

// Each of two goroutines that start once starts others, one for each task.
var (
	tasks, otherTasks = make(chan func()), make(chan func())
	dispatch          = sync.OnceFunc(func() {
		go func() {
			for task := range tasks {
				go task()
			}
		}()
		go dispatchOthers()
	})
)

func dispatchOthers() {
	for task := range otherTasks {
		go task()
	}
}

func init() { dispatch() }

// begin sends a task and returns when it has begun.
func begin(to chan<- func()) {
	began := make(chan bool)
	to <- func() { close(began); wait() }
	<-began
}

//lint:ignore U1000 a variable of startLocal has its name
var outside sync.Once

func startLiteral() { byLiteral.Do(func() { go wait() }) }

func startNamed() { byName.Do(named) }
func named()      { go wait() }

type ticker struct{ once sync.Once }

func startMethod() { byMethod.Do(clock.tick) }
func (t *ticker) tick() {
	for range 1 {
		func() { go wait() }()
	}
}

func startHelper() { byHelper.Do(func() { helped() }) }
func helped()      { go wait() }

func startPointer() { byPointer.Do(func() { go wait() }) }
func startField()   { clock.once.Do(func() { go wait() }) }

// What is started for each object, or not always by the Once, is not once for all.
func (t *ticker) startObject() { t.once.Do(func() { go wait() }) }

func startLocal() {
	var outside sync.Once
	outside.Do(func() { go wait() })
}

func startAlsoElsewhere()  { elsewhere.Do(both) }
func startWithoutTheOnce() { both() }
func both()                { go wait() }

type doer struct{}

func (doer) Do(f func()) { f() }

func startDoer() { doer{}.Do(func() { go wait() }) }
func startBare() { go wait() }

var cases = []struct {
	why   string
	start func()
	want  bool
}{
	{"a literal", startLiteral, true},
	{"a function", startNamed, true},
	{"a method, in a literal that it calls", startMethod, true},
	{"a function that the literal calls", startHelper, true},
	{"a pointer", startPointer, true},
	{"a field of a variable of the package, which is not followed", startField, false},
	{"OnceFunc", byFunc, true},
	{"OnceValue", func() { byValue() }, true},
	{"a field of any object", (&ticker{}).startObject, false},
	{"a variable of a function", startLocal, false},
	{"also without it", startWithoutTheOnce, false},
	{"another type with a method of the name", startDoer, false},
	{"no Once", startBare, false},
	{"one of two on a line", byTwo, false},
	{"in a loop", byWorkers, true},
	{"by a goroutine that started once, in its loop", func() { begin(tasks) }, false},
	{"by a goroutine of a named function, in its loop", func() { begin(otherTasks) }, false},
}

// started are the goroutines of the cases, which start once in the process.
var started = sync.OnceValue(func() (leaks []probe.Leak) {
	defer close(stop)
	for _, c := range cases {
		before := waiting()
		c.start()
		for id, g := range waiting() {
			if _, ok := before[id]; !ok {
				leaks = append(leaks, probe.Leak{Frames: g.Frames, CreatedBy: g.CreatedBy})
				break
			}
		}
	}
	startAlsoElsewhere()
	return leaks
})

func TestOnceEvidence(t *testing.T) {
	require.Len(t, started(), len(cases))
	for i, c := range cases {
		l := started()[i]
		want := c.want && filepath.IsAbs(l.CreatedBy.File) // built with -trimpath nothing is known
		e := source.OnceEvidence(l)
		assert.Equal(t, want, len(e) == 1, "%s: %v", c.why, l.CreatedBy)
		if len(e) > 0 {
			assert.Equal(t, "started", e[0].Label)
			assert.Equal(t, []string{"through sync.Once: start it in TestMain, or IgnoreCreatedBy(\"" + l.CreatedBy.Func + "\")"}, e[0].Columns)
		}
	}
	for _, nowhere := range []probe.Frame{{}, {File: "/nowhere/a.go", Line: 1}} {
		assert.Empty(t, source.OnceEvidence(probe.Leak{CreatedBy: nowhere}))
	}
}

func waiting() map[uint64]goroutine.Goroutine {
	all := make(map[uint64]goroutine.Goroutine)
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
			if g, err := r.Parse(); err == nil {
				all[g.ID] = g
			}
		}
	})
	return all
}
