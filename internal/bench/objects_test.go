package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

// TestObjectCheckers shows that what is measured does check: each finds an object
// that is kept, and nothing when none is.
func TestObjectCheckers(t *testing.T) {
	// Without time to settle what sync.Pool keeps for encoding/json would count.
	for _, c := range objectCheckers(memassert.Settle(100 * time.Millisecond)) {
		t.Run(c.by, func(t *testing.T) {
			for _, body := range []func(){empty, small, roundTrip, hash} {
				if report := c.check(body); report != "" {
					t.Error(wrongly(report))
				}
			}
			defer func() { sink = nil }()
			report := c.check(func() { sink = &object{next: sink} })
			if !strings.Contains(report, "bench.object") {
				t.Errorf("it does not see an object that is kept: %q", report)
			}
		})
	}
}

// TestRounds holds that NoGrowth and its floor run a clean body equally often.
func TestRounds(t *testing.T) {
	floor, by := 0, 0
	inRounds(func() { floor++ })
	if !memassert.NoGrowth(t, func() { by++ }) {
		return
	}
	if by != floor {
		t.Errorf("NoGrowth runs a clean body %d times, its floor %d times", by, floor)
	}
}
