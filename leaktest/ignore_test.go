package leaktest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

const pkg = "github.com/leakassert/leakassert/leaktest_test."

// keeper is a goroutine with a method on its stack.
type keeper struct{ stop chan struct{} }

func (k *keeper) keep(ready chan<- struct{}) {
	close(ready)
	<-k.stop
}

func (k *keeper) start() {
	ready := make(chan struct{})
	go k.keep(ready)
	<-ready
}

func TestIgnore(t *testing.T) {
	k := &keeper{make(chan struct{})}
	defer close(k.stop)
	for _, c := range []struct {
		name    string
		opt     leaktest.Option
		ignored bool
	}{
		{"a function", leaktest.IgnoreFunc(pkg + "(*keeper).keep"), true},
		{"another function", leaktest.IgnoreFunc(pkg + "(*keeper).kee"), false},
		{"a prefix", leaktest.IgnoreFunc(pkg + "(*keeper)..."), true},
		{"a package", leaktest.IgnoreFunc("github.com/leakassert/leakassert/leaktest_test..."), true},
		{"another package", leaktest.IgnoreFunc("github.com/leakassert/leakassert/other..."), false},
		{"the creator is not on the stack", leaktest.IgnoreFunc(pkg + "(*keeper).start"), false},
		{"the creator", leaktest.IgnoreCreatedBy(pkg + "(*keeper).start"), true},
		{"not the creator", leaktest.IgnoreCreatedBy(pkg + "(*keeper).keep"), false},
		{"by what it is", leaktest.Ignore(func(l leaktest.Leak) bool { return l.Kind == "goroutine" && l.Columns[0] == "chan receive" }), true},
		{"goleak's any function", leaktest.Goroutines(goleak.IgnoreAnyFunction(pkg + "(*keeper).keep")), true},
		{"goleak's top function", leaktest.Goroutines(goleak.IgnoreTopFunction(pkg + "(*keeper).keep")), true},
		{"goleak's top function, another", leaktest.Goroutines(goleak.IgnoreTopFunction(pkg + "(*keeper).start")), false},
		{"goleak's options add up", leaktest.Goroutines(goleak.IgnoreTopFunction("x.y"), goleak.IgnoreTopFunction(pkg+"(*keeper).keep")), true},
		{"goleak's current ones", leaktest.Goroutines(goleak.IgnoreCurrent()), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := faketb.Run("T", func(f *faketb.TB) {
				leaktest.Check(f, soon, c.opt)
				k.start()
			})
			if c.ignored {
				assert.Empty(t, f.Errors())
			} else {
				assert.Contains(t, f.Errors(), "T leaked")
			}
		})
	}
}

// goleak's options keep their meaning where goleak itself gives up: with a stack
// of more than 100 frames in the process Find panics.
func TestGoleakOptionsWithDeepStacks(t *testing.T) {
	release := blocked(func(body func()) { go deep(200, body) })
	defer release()
	assert.Panics(t, func() { _ = goleak.Find() }, "goleak can now: the detour may have become needless")

	k := &keeper{make(chan struct{})}
	defer close(k.stop)
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon, leaktest.Goroutines(goleak.IgnoreTopFunction(pkg+"(*keeper).keep")))
		k.start()
	})
	assert.Empty(t, f.Errors())
}

func TestGoleakIgnoreCurrentWhenMadeLater(t *testing.T) {
	f := faketb.New("T")
	k := &keeper{make(chan struct{})}
	defer close(k.stop)
	k.start()
	current := goleak.IgnoreCurrent()
	assert.True(t, leaktest.NoLeak(f, func() {}, leaktest.Goroutines(current)))
}

func TestGoleakCleanup(t *testing.T) {
	var codes []int
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, leaktest.Goroutines(goleak.Cleanup(func(code int) { codes = append(codes, code) })))
	})
	assert.Empty(t, f.Errors())
	assert.Equal(t, []int{0}, codes)
}

// Where both apply the verdict is goleak's.
func TestVerdictsAreGoleaks(t *testing.T) {
	long.Only(t) // goleak looks for half a second at each
	for _, k := range kinds {
		if k.name == "a stack of 200 frames" {
			continue // goleak panics
		}
		t.Run(k.name, func(t *testing.T) {
			current := goleak.IgnoreCurrent()
			release := k.leak(t)
			theirs := goleak.Find(current)
			release()
			assert.Error(t, theirs)
		})
	}
}

func TestNoGrowth(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wait := func() { go func() { <-ctx.Done() }() }
	iterations := 0

	for _, c := range []struct {
		name string
		body func()
		says string
	}{
		{"nothing", func() {}, ""},
		{"goroutines that end", func() { go func() {}() }, ""},
		{"one that is started once", func() {
			if iterations == 0 {
				wait()
			}
		}, ""},
		{"a pool that fills up", func() {
			if iterations < 60 {
				wait()
			}
		}, ""},
		{"one an iteration", wait, "1.00 per iteration over 252 iterations"},
		{"three an iteration", func() { wait(); wait(); wait() }, "3.00 per iteration"},
		{"one in four", func() {
			if iterations%4 == 0 {
				wait()
			}
		}, "0.25 per iteration"},
		{"a timer's an iteration", func() {
			ready := make(chan struct{})
			time.AfterFunc(0, func() { close(ready); <-ctx.Done() })
			<-ready
		}, "1.00 per iteration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			iterations = 0
			f := faketb.New("TestNoGrowth")
			clean := leaktest.NoGrowth(f, func() { c.body(); iterations++ }, leaktest.Settle(100*time.Millisecond))
			assert.Equal(t, c.says == "", clean, f.Errors())
			if c.says == "" {
				assert.Empty(t, f.Errors())
				return
			}
			assert.Contains(t, f.Errors(), c.says)
			assert.Contains(t, f.Errors(), "grows")
		})
	}
}

// What grows is run some more to find out where it comes from.
func TestNoGrowthOfDescriptors(t *testing.T) {
	dir := t.TempDir()
	var held []*os.File
	f := faketb.New("TestNoGrowthOfDescriptors")
	assert.False(t, leaktest.NoGrowth(f, func() {
		file, err := os.CreateTemp(dir, "order-*.pdf")
		assert.NoError(t, err)
		held = append(held, file)
	}, soon))
	for _, file := range held {
		file.Close()
	}
	assert.Regexp(t, `TestNoGrowthOfDescriptors leaked \(settled for 20ms\): 252 descriptors`, f.Errors())
	assert.Contains(t, f.Errors(), "1.00 per iteration over 252 iterations")
	if detailed {
		assert.Contains(t, f.Errors(), "opened      leaktest_test.TestNoGrowthOfDescriptors.func1  leaktest/ignore_test.go")
	}

	one := 0
	assert.True(t, leaktest.NoGrowth(faketb.New("T"), func() {
		if one++; one > 1 {
			held[0].Close()
		}
		held[0], _ = os.CreateTemp(dir, "kept-*.pdf")
	}))
	held[0].Close()
}

// What a NoGrowth that passes has kept is its test's, who answers for it.
func TestNoGrowthHandsOverWhatItKeeps(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		started := false
		assert.True(t, leaktest.NoGrowth(f, func() {
			if !started {
				started = true
				go func() { <-stop }()
			}
		}))
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 goroutine")
}

func TestNoGrowthOfABodyThatDoesNotReturn(t *testing.T) {
	f := faketb.New("T")
	assert.PanicsWithValue(t, "body's", func() { leaktest.NoGrowth(f, func() { panic("body's") }) })
	f, _ = faketb.Run("T", func(f *faketb.TB) { leaktest.NoGrowth(f, f.FailNow) })
	assert.Empty(t, f.Errors())
}
