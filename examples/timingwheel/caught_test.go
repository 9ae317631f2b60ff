package timingwheel

import (
	"regexp"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// A request has a timeout, whose function refers to the request.
type request struct{ body [4 << 10]byte }

func (r *request) cancel() { clear(r.body[:]) }

// settled matches the settle time, which is shorter for a place that has leaked before.
var settled = regexp.MustCompile(`(settled for )\w+`)

// The leaking twin is caught each time: on the requests that were over long before their
// timeouts, and on the goroutine that nothing stops.
func TestLeakingWheelIsCaught(t *testing.T) {
	ticks := make(chan time.Time) // closed, as that of a ticker is not, to end the goroutine
	defer close(ticks)
	var l *Leaking
	f := faketb.New("TestWheels")
	assert.False(t, leaktest.NoLeak(f, func() { l = startLeaking(time.Millisecond, ticks) }, leaktest.Settle(500*time.Millisecond)))
	readme.Report(t, "TestWheels", f.Errors(), settled)

	f = faketb.New("TestRequests")
	for range 100 {
		r := &request{}
		memassert.Collected(f, r, memassert.Settle(0))
		assert.True(t, l.AfterFunc(time.Hour, r.cancel).Stop())
	}
	f.End()
	readme.Report(t, "TestRequests", f.Errors())
	assert.Equal(t, 100, l.Len())
	runtime.KeepAlive(l)
}

// As a timer it is as good as the other one.
func TestLeaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticker := time.NewTicker(time.Millisecond)
		ticks := make(chan time.Time)
		l := startLeaking(time.Millisecond, ticks)
		defer close(ticks)
		began, fired := time.Now(), time.Duration(0)
		timer := l.AfterFunc(100*time.Millisecond, func() { fired = time.Since(began) })
		stopped := l.AfterFunc(50*time.Millisecond, func() { t.Error("it was stopped") })
		assert.True(t, stopped.Stop())
		assert.False(t, stopped.Stop())
		for l.Len() > 0 {
			ticks <- <-ticker.C
		}
		synctest.Wait()
		assert.Equal(t, 100*time.Millisecond, fired)
		assert.False(t, timer.Stop())
	})
}
