package probe_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func TestSettleLooks(t *testing.T) {
	for _, c := range []struct {
		why   string
		limit time.Duration
		waits int // the looks that ask for another one; -1 all
		looks int
	}{
		{"a clean check looks once", time.Hour, 0, 1},
		{"the first look after it has gone is the last", time.Hour, 1, 2},
		{"it is waited for over some pauses", time.Hour, 4, 5},
		{"a limit of 0 looks once, whatever is found", 0, -1, 1},
		{"a limit below 0 is one of 0", -time.Second, -1, 1},
		{"what is clean at a limit of 0 is looked at once, too", 0, 0, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			looks := 0
			probe.Settle(c.limit, func() bool {
				looks++
				return c.waits < 0 || looks <= c.waits
			})
			assert.Equal(t, c.looks, looks)
		})
	}
}

// The bounds are those of the pauses: with 1 ms each time there would be some
// hundred looks. A machine that is busy makes fewer, never more.
func TestSettlePausesGrow(t *testing.T) {
	looks := 0
	probe.Settle(500*time.Millisecond, func() bool { looks++; return true })
	assert.GreaterOrEqual(t, looks, 2)
	assert.LessOrEqual(t, looks, 16)
}

// In a bubble a sleep would move the clock of the test, or never end while
// something does real IO.
func TestSettleInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, looks := time.Now(), 0
		probe.Settle(time.Hour, func() bool { looks++; return true })
		assert.Zero(t, time.Since(began), "the bubble's clock")
		assert.Less(t, looks, 10_000)

		gone, looks := make(chan struct{}), 0
		go close(gone)
		probe.Settle(time.Hour, func() bool {
			looks++
			select {
			case <-gone:
				return false
			default:
				return true
			}
		})
		assert.Zero(t, time.Since(began), "the bubble's clock")
		<-gone
		assert.Less(t, looks, 1000, "what goes when it gets to run is seen")

		looks = 0
		probe.Settle(time.Hour, func() bool { looks++; return false })
		assert.Equal(t, 1, looks)
	})
}
