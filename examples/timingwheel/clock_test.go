package timingwheel_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/timingwheel"
	"github.com/stretchr/testify/assert"
)

const tick = 10 * time.Millisecond

// Timers fire at their tick, also those that come down from the second and the third
// level. The clock is that of synctest.
func TestTimersFireAtTheirTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		time.Sleep(5 * tick) // or no slot of a higher level would begin within their time
		began := time.Now()
		fired := map[time.Duration]time.Duration{}
		want := map[time.Duration]time.Duration{}
		for _, ticks := range []time.Duration{1, 2, 58, 59, 60, 63, 64, 65, 127, 128, 129, 4090, 4091, 4092, 4095, 4096, 4097, 5000} {
			d := ticks * tick
			w.AfterFunc(d, func() { fired[d] = time.Since(began) })
			want[d] = d
		}
		time.Sleep(5000 * tick)
		synctest.Wait()
		w.Close()
		assert.Equal(t, want, fired)
	})
}

// A timer does not fire early: what is no whole number of ticks is rounded up.
func TestTimersAreRoundedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		defer w.Close()
		time.Sleep(tick / 4)
		for _, c := range []struct{ d, at time.Duration }{
			{-time.Hour, tick}, {0, tick}, {1, tick}, {tick * 3 / 4, tick}, {tick, 2 * tick}, {tick * 7 / 4, 2 * tick}, {tick*7/4 + 1, 3 * tick},
		} {
			began, fired := time.Now(), make(chan time.Duration)
			w.AfterFunc(c.d, func() { fired <- time.Since(began) })
			assert.Equal(t, c.at-tick/4, <-fired, c.d)
			time.Sleep(tick / 4)
		}
		w.AfterFunc(math.MaxInt64, func() { t.Error("292 years are over") })
		time.Sleep(time.Minute)
		assert.Equal(t, 1, w.Len())
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		defer w.Close()
		for _, d := range []time.Duration{tick, 64 * tick, 5000 * tick} {
			timer := w.AfterFunc(d, func() { t.Error("a timer that was stopped has fired") })
			assert.Equal(t, 1, w.Len())
			assert.True(t, timer.Stop())
			assert.False(t, timer.Stop())
			assert.Zero(t, w.Len())
		}
		fires := w.AfterFunc(tick, func() {})
		time.Sleep(5001 * tick)
		assert.False(t, fires.Stop(), "it has fired")
	})
}

// A function may add timers and stop others, also such as are due at the same tick.
func TestFunctionsUseTheWheel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		defer w.Close()
		began, beats := time.Now(), 0
		var again func()
		again = func() {
			beats++
			assert.Equal(t, time.Duration(beats)*7*tick, time.Since(began))
			w.AfterFunc(7*tick, again)
		}
		w.AfterFunc(7*tick, again)

		stopped := 0
		w.AfterFunc(0, func() { // all of this on the goroutine of the wheel
			var pair [2]*timingwheel.Timer
			for i := range pair {
				pair[i] = w.AfterFunc(65*tick, func() {
					if pair[1-i].Stop() {
						stopped++
					}
				})
			}
		})
		time.Sleep(100 * tick)
		synctest.Wait()
		assert.Equal(t, 100/7, beats)
		assert.Equal(t, 1, stopped, "whichever comes first stops the other")
	})
}

// A function that takes long makes the others late, and none of them lost.
func TestSlowFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := timingwheel.Start(tick)
		defer w.Close()
		began := time.Now()
		w.AfterFunc(tick, func() { time.Sleep(200 * tick) })
		var fired []time.Duration
		for _, d := range []time.Duration{100 * tick, 2 * tick, 64 * tick, 300 * tick} {
			w.AfterFunc(d, func() { fired = append(fired, d, time.Since(began)) })
		}
		time.Sleep(300 * tick)
		synctest.Wait()
		// The slow function returns at tick 201. What has become due meanwhile comes then, in order.
		assert.Equal(t, []time.Duration{2 * tick, 201 * tick, 64 * tick, 201 * tick, 100 * tick, 201 * tick, 300 * tick, 300 * tick}, fired)
	})
}
