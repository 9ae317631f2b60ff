package memassert_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// soon keeps a failing check from waiting for what a test wants to leak.
var soon = memassert.Settle(20 * time.Millisecond)

// A leakingBody makes the heap grow with every call.
type leakingBody struct {
	name, why string
	// start makes what lives as long as the body, which it returns, and has what
	// leaks released when the test is over.
	start func(t *testing.T) (body func())
	// site is what the report must name: who allocates what stays.
	site []string
	opts []memassert.Option
}

func leakingBodies() []leakingBody {
	return slices.Concat(leakingData, leakingRuntime, leakingHidden)
}

func TestLeaking(t *testing.T) {
	for _, l := range leakingBodies() {
		t.Run(l.name, func(t *testing.T) {
			for i := range *runs {
				t.Run(strconv.Itoa(i), l.judge)
			}
		})
	}
}

func (l leakingBody) judge(t *testing.T) {
	body := l.start(t)
	f := faketb.New(t.Name())
	assert.False(t, memassert.NoGrowth(f, body, append(l.opts, soon)...), "it leaks: %s; the log has: %s", l.why, f.Logs())
	for _, site := range l.site {
		assert.Contains(t, f.Errors(), site, l.why)
	}
	t.Log(f.Errors())
}
