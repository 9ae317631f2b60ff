package leaktest_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A stubborn probe finds one and the same resource at every look.
type stubborn struct{ origin string }

func (p stubborn) Kind() string                                 { return "child" }
func (p stubborn) Start(leaktest.Scope) (leaktest.Watch, error) { return p, nil }
func (p stubborn) Explain(l []leaktest.Leak) []leaktest.Leak    { return l }
func (p stubborn) Stop()                                        {}
func (p stubborn) Grown() ([]leaktest.Leak, error) {
	return []leaktest.Leak{{ID: p.origin, Origin: p.origin, Unit: "child", Units: "children"}}, nil
}

var origins atomic.Int64

// Where a leak has been waited for in vain for the whole settle time, the next one of
// the same origin is waited for only briefly, and one of another is not.
func TestTheSameLeakAgain(t *testing.T) {
	says := func(p stubborn, settle time.Duration) string {
		f := faketb.New("T")
		assert.False(t, leaktest.NoLeak(f, func() {}, leaktest.Settle(settle), leaktest.With(p)))
		return f.Errors()
	}
	one, other := stubborn{fmt.Sprint(origins.Add(1))}, stubborn{fmt.Sprint(origins.Add(1))}
	assert.Contains(t, says(one, 300*time.Millisecond), "T leaked (settled for 300ms): 1 child")
	assert.Contains(t, says(one, 300*time.Millisecond), "T leaked (settled for 200ms): 1 child")
	assert.Contains(t, says(one, time.Hour), "T leaked (settled for 200ms): 1 child")
	assert.Contains(t, says(one, 20*time.Millisecond), "T leaked (settled for 20ms): 1 child", "never longer than asked for")
	assert.Contains(t, says(other, 300*time.Millisecond), "T leaked (settled for 300ms): 1 child")
}

func TestSettleOfLEAKTEST(t *testing.T) {
	k := &keeper{make(chan struct{})}
	defer close(k.stop)
	for value, says := range map[string]string{
		"settle=30ms":      "T leaked (settled for 30ms): 1 goroutine",
		"warn,settle=30ms": "",
		"settle=x":         `leaktest: LEAKTEST=settle=x: "settle=x" is not a time to wait; write settle=500ms`,
		"settle=-1s":       `leaktest: LEAKTEST=settle=-1s: "settle=-1s" is not a time to wait; write settle=500ms`,
		"settle":           `leaktest: LEAKTEST=settle: unknown word "settle"`,
	} {
		t.Setenv("LEAKTEST", value)
		f, _ := faketb.Run("T", func(f *faketb.TB) {
			leaktest.Check(f, leaktest.Settle(time.Hour))
			k.start()
		})
		if says == "" {
			assert.Empty(t, f.Errors())
			assert.Contains(t, f.Logs(), "settled for 30ms")
		} else {
			assert.Contains(t, f.Errors(), says)
		}
	}
}
