package timingwheel_test

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/timingwheel"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// A session expires when nobody has renewed it.
type session struct {
	user    string
	expired chan string
}

func (s *session) expire() { s.expired <- s.user }

// start starts a wheel that is closed when the test is over.
func start(t *testing.T) *timingwheel.Wheel {
	w := timingwheel.Start(time.Millisecond)
	t.Cleanup(w.Close)
	return w
}

func TestWheel(t *testing.T) {
	leaktest.Check(t)
	w := start(t)
	var requests sync.WaitGroup
	for i := range 200 {
		requests.Go(func() {
			timeout := w.AfterFunc(time.Hour, func() { t.Error("an hour is over") })
			done := make(chan struct{})
			w.AfterFunc(time.Duration(i)*100*time.Microsecond, func() { close(done) })
			<-done
			assert.True(t, timeout.Stop())
		})
	}
	requests.Wait()
	assert.Zero(t, w.Len())
}

// A timer that was stopped, one that has fired and one of a wheel that is closed keep
// nothing, though somebody has the timers.
func TestTimersKeepNothing(t *testing.T) {
	leaktest.Check(t)
	w, expired := start(t), make(chan string, 1)
	var timers []*timingwheel.Timer
	t.Cleanup(func() { runtime.KeepAlive(timers) })
	add := func(d time.Duration) *timingwheel.Timer {
		s := &session{"ada", expired}
		memassert.Collected(t, s)
		timer := w.AfterFunc(d, s.expire)
		timers = append(timers, timer)
		return timer
	}
	add(time.Hour).Stop()
	add(time.Millisecond)
	<-expired
	add(time.Hour)
	w.Close()
	add(time.Hour)
	assert.Zero(t, w.Len())
	assert.False(t, timers[2].Stop())
	w.Close()
}

func TestTimersDoNotAddUp(t *testing.T) {
	w := start(t)
	memassert.NoGrowth(t, func() {
		w.AfterFunc(time.Hour, func() {}).Stop()
	})
	s := &session{user: "ada"}
	memassert.NoGrowth(t, func() {
		timingwheel.AfterWeak(w, time.Hour, s, (*session).expire).Stop()
	})
	fired := make(chan string, 1)
	s = &session{"ada", fired}
	memassert.NoGrowth(t, func() {
		timingwheel.AfterWeak(w, 0, s, (*session).expire)
		<-fired
	})
}

func TestAfterWeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		expired := make(chan string)
		s := &session{"ada", expired}
		began := time.Now()
		timingwheel.AfterWeak(w, time.Minute, s, (*session).expire)
		assert.Equal(t, "ada", <-expired)
		assert.Equal(t, time.Minute, time.Since(began))

		renewed := timingwheel.AfterWeak(w, time.Minute, s, (*session).expire)
		time.Sleep(time.Minute - tick)
		assert.True(t, renewed.Stop())
		time.Sleep(time.Minute)
		w.Close()
		timingwheel.AfterWeak(w, 0, s, (*session).expire)
		assert.Zero(t, w.Len())
		runtime.KeepAlive(s)
	})
}

// The wheel does not keep a session that nobody else has, and its timer goes with it.
func TestWeakTimerGoesWithItsObject(t *testing.T) {
	w := start(t)
	s := &session{user: "ada"}
	timingwheel.AfterWeak(w, time.Hour, s, func(*session) { t.Error("an hour is over") })
	memassert.Collected(t, s)
	assert.Equal(t, 1, w.Len())
	runtime.KeepAlive(s)
	for w.Len() > 0 {
		runtime.GC() // the cleanup runs on a goroutine of the runtime's
	}
}

// Nor does the session keep a wheel that is closed.
func TestObjectKeepsNoWheel(t *testing.T) {
	s := &session{user: "ada"}
	t.Cleanup(func() { runtime.KeepAlive(s) })
	w := timingwheel.Start(time.Millisecond)
	memassert.Collected(t, w)
	timingwheel.AfterWeak(w, time.Hour, s, (*session).expire)
	w.Close()
}
