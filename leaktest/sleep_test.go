package leaktest_test

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

// A late worker sleeps, and then hangs.
type late struct{ stop, gone chan struct{} }

func (l *late) work() {
	defer close(l.gone)
	time.Sleep(40 * time.Millisecond)
	l.hang()
}

func (l *late) hang() { <-l.stop }

// What is reported, and what options match, is where a goroutine is when the settle
// time is over, not where it was first seen.
func TestGoroutineThatGoesOnWhileItSettles(t *testing.T) {
	const hang = pkg + "(*late).hang"
	for name, c := range map[string]struct {
		option  leaktest.Option
		reports bool
	}{
		"reported where it hangs":  {leaktest.Only(leaktest.KindGoroutine), true},
		"ignored where it hangs":   {leaktest.IgnoreFunc(hang), false},
		"goleak's, where it hangs": {leaktest.Goroutines(goleak.IgnoreTopFunction(hang)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &late{make(chan struct{}), make(chan struct{})}
			t.Cleanup(func() { close(l.stop); <-l.gone })
			f, _ := faketb.Run("T", func(f *faketb.TB) {
				leaktest.Check(f, leaktest.Settle(200*time.Millisecond), c.option)
				go l.work()
			})
			if !c.reports {
				assert.Empty(t, f.Errors())
				return
			}
			assert.Regexp(t, `goroutine +\+1  chan receive  leaktest_test\.\(\*late\)\.hang  leaktest/sleep_test.go:\d+\n`, f.Errors())
			assert.NotContains(t, f.Errors(), "sleep  ")
		})
	}
}

func dozes(gone chan<- struct{}) {
	time.Sleep(400 * time.Millisecond)
	close(gone)
}

// A goroutine that sleeps may end by itself: its report names the options that help.
func TestSleeper(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon)
		go dozes(gone)
	})
	assert.Regexp(t, `goroutine +\+1  sleep  leaktest_test\.dozes`, f.Errors())
	assert.Regexp(t, `may end by itself: (leaktest\.Settle\(2s\)|a longer leaktest\.Settle,) or leaktest\.IgnoreFunc\("`+pkg+`dozes"\)`, f.Errors())
	<-gone

	gone = make(chan struct{})
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, leaktest.Settle(2*time.Second))
		go dozes(gone)
	})
	assert.Empty(t, f.Errors(), "with the option that the report names")
	<-gone
	f, _ = faketb.Run("T", func(f *faketb.TB) {
		leaktest.Check(f, soon, leaktest.IgnoreFunc(pkg+"dozes"))
		gone := make(chan struct{})
		t.Cleanup(func() { <-gone })
		go dozes(gone)
	})
	assert.Empty(t, f.Errors(), "with the other one")
}
