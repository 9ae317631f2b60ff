package goroutine_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
)

type waiter[T any] struct{ c chan T }

func (w waiter[T]) value(up func()) { up(); <-w.c }
func inlined(up func(), c chan int) { up(); <-c }
func (w *waiter[T]) seq(up func()) iter.Seq[int] {
	return func(yield func(int) bool) { up(); <-w.c; yield(1) }
}

// kinds are goroutines whose stacks are of different kinds. Each calls up and then
// waits until c is closed.
func kinds(c chan int) map[string]func(up func()) {
	w := &waiter[int]{c}
	var iface interface{ value(func()) } = w // calls through a wrapper
	return map[string]func(up func()){
		"a closure": func(up func()) { up(); <-c },
		"a generic": w.value,
		"a wrapper": func(up func()) { iface.value(up) },
		"inlined":   func(up func()) { inlined(up, c) },
		"a select": func(up func()) {
			up()
			select {
			case <-c:
			case <-make(chan int):
			}
		},
		"deep":   func(up func()) { deep(60, func() { up(); <-c }) },
		"elided": func(up func()) { deep(110, func() { up(); <-c }) },
		"beyond": func(up func()) { deep(300, func() { up(); <-c }) },
		"an iterator": func(up func()) {
			for range w.seq(up) {
			}
		},
		"a coroutine": func(up func()) { next, stop := iter.Pull(w.seq(up)); defer stop(); next() },
		"a panic":     func(up func()) { defer func() { _ = recover() }(); defer func() { up(); <-c }(); panic("x") },
		"a nil map": func(up func()) {
			defer func() { up(); <-c; _ = recover() }()
			var m map[int]int
			m[1] = 2 //lint:ignore SA5000 the panic is what is wanted
		},
		"a mutex":         func(up func()) { var mu sync.Mutex; mu.Lock(); go func() { <-c; mu.Unlock() }(); up(); mu.Lock() },
		"a condition":     func(up func()) { var g sync.WaitGroup; g.Add(1); go func() { <-c; g.Done() }(); up(); g.Wait() },
		"a once":          func(up func()) { new(sync.Once).Do(func() { up(); <-c }) },
		"a locked thread": func(up func()) { runtime.LockOSThread(); up(); <-c },
		"labels": func(up func()) {
			pprof.Do(context.Background(), pprof.Labels("a", "b"), func(context.Context) { up(); <-c })
		},
	}
}

// started starts all kinds and returns when they wait.
func started(t *testing.T) map[string]uint64 {
	c := make(chan int)
	ids := make(map[string]uint64)
	var up, down sync.WaitGroup
	var mu sync.Mutex
	for name, f := range kinds(c) {
		up.Add(1)
		down.Go(func() {
			f(func() {
				mu.Lock()
				ids[name] = ownID()
				mu.Unlock()
				up.Done()
			})
		})
	}
	up.Wait()
	t.Cleanup(func() { close(c); down.Wait() })
	// They have said so, and park in an instant.
	for running := true; running; {
		running = false
		goroutine.Dump(func(stacks *goroutine.Stacks) {
			first := true
			for r := range stacks.All() {
				g, _ := r.Parse()
				running = running || !first && (g.State == "running" || g.State == "runnable")
				first = false
			}
		})
	}
	return ids
}

func ownID() (id uint64) {
	var buf [64]byte
	for r := range goroutine.Records(buf[:runtime.Stack(buf[:], false)]) {
		id = r.ID()
	}
	return id
}

// What is matched must be the same in the text and the profile, whatever the stacks are like.
func TestShapesAgree(t *testing.T) {
	started(t)
	text, samples := goroutine.Shapes()
	assert.Equal(t, text, samples)
	assert.Greater(t, len(text), len(kinds(nil)))
}

// Workers of several owners run the same code. Those that stand still are told
// apart, though others run, start and end all the time.
func TestLabelsOfTheSameStack(t *testing.T) {
	for name, use := range map[string]func() func(){
		"linked": func() func() { return func() {} },
		"public": goroutine.UsePublicProfile,
	} {
		t.Run(name, func(t *testing.T) {
			defer use()()
			stop := make(chan struct{})
			var up, down sync.WaitGroup
			var owner sync.Map // by id; of those that stand still
			rest := func(label string) { owner.Store(ownID(), label); up.Done(); <-stop }
			for i := range 20 {
				label := fmt.Sprint("owner", i%4)
				up.Add(1)
				down.Go(func() {
					pprof.Do(context.Background(), pprof.Labels("leaktest", label), func(context.Context) {
						up.Add(1)
						down.Go(func() { rest(label) })
						down.Go(func() { // the same calls, but busy
							for {
								select {
								case <-stop:
									return
								case <-time.After(100 * time.Microsecond):
									down.Go(func() {})
								}
							}
						})
						up.Done()
						<-stop
					})
				})
			}
			up.Wait()
			defer down.Wait()
			defer close(stop)
			down.Go(func() { // more come to stand there all the time, whose creator has no label
				for i := range 100 {
					label := fmt.Sprint("owner", i%4)
					up.Add(1)
					pprof.Do(context.Background(), pprof.Labels("leaktest", label), func(context.Context) { down.Go(func() { rest(label) }) })
					up.Wait()
				}
			})
			for range 20 {
				seen := 0
				known := make(map[uint64]string)
				owner.Range(func(id, label any) bool { known[id.(uint64)] = label.(string); return true })
				goroutine.Dump(func(stacks *goroutine.Stacks) {
					for r := range stacks.All() {
						if want, ok := known[r.ID()]; ok {
							seen++
							label := r.Label()
							if name == "public" && label == "" {
								continue // it has no order, and says so
							}
							assert.Equal(t, want, label)
						}
					}
				})
				assert.Len(t, known, seen)
			}
		})
	}
}

// A goroutine that its creator has started before it had a label does not get the label of one that it
// starts afterwards, whatever that one does during a dump.
func TestLabelOfALaterSibling(t *testing.T) {
	for range 300 {
		stop, ids := make(chan struct{}), make(chan uint64, 2)
		var down sync.WaitGroup
		var wrong string
		body := func() { ids <- ownID(); <-stop }
		down.Go(func() {
			down.Go(body)
			older := <-ids
			goroutine.Labelled("T").Set()
			down.Go(body)
			goroutine.Dump(func(stacks *goroutine.Stacks) {
				for r := range stacks.All() {
					if r.ID() == older {
						wrong = r.Label()
					}
				}
			})
			close(stop)
		})
		down.Wait()
		if !assert.Empty(t, wrong) {
			return
		}
	}
}

func TestPublicProfile(t *testing.T) {
	defer goroutine.UsePublicProfile()()
	TestDump(t)
	TestOwnLabel(t)
}

// A hidden label is in no stack and no profile, and dumps show it beside others.
func TestLabelled(t *testing.T) {
	t.Setenv("GODEBUG", "tracebacklabels=1")
	release := make(chan struct{})
	defer close(release)
	hidden := func() { goroutine.Labelled("TestLabelled \"x\"").Set() }
	stacks := make(chan string)
	go func() {
		hidden()
		go func() { stacks <- string(debug.Stack()); <-release }()
		<-release
	}()
	assert.Regexp(t, `^goroutine \d+ \[running\]:\n`, <-stacks)
	var profile bytes.Buffer
	assert.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	assert.NotContains(t, profile.String(), "TestLabelled \\\"")
	assert.Len(t, labelled(t, "TestLabelled \"x\""), 2)

	up := make(chan struct{})
	go pprof.Do(context.Background(), pprof.Labels("a", "b"), func(context.Context) { close(up); <-release })
	<-up
	found := 0
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
			g, err := r.Parse()
			if err != nil {
				t.Error(err)
			}
			if g.Labels["a"] == "b" {
				found++
			}
		}
	})
	assert.Equal(t, 1, found, "a user's label")
}

// A dump is invisible: stacks that other goroutines read meanwhile have no labels,
// and the environment stays as it is.
func TestDumpIsInvisible(t *testing.T) {
	env := os.Environ()
	_, set := os.LookupEnv("GODEBUG")
	head := regexp.MustCompile(`^goroutine \d+ \[running\]:\n`)
	park(t, 100, "TestDumpIsInvisible")
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		pprof.Do(context.Background(), pprof.Labels("leaktest", "reader"), func(context.Context) {
			for {
				select {
				case <-stop:
					return
				default:
					assert.Regexp(t, head, string(debug.Stack()))
				}
			}
		})
	})
	for range 50 {
		assert.Len(t, labelled(t, "TestDumpIsInvisible"), 100)
	}
	close(stop)
	reader.Wait()
	_, still := os.LookupEnv("GODEBUG")
	assert.Equal(t, set, still)
	assert.Equal(t, env, os.Environ())
}
