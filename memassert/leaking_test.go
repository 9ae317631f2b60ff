package memassert_test

import (
	"slices"
	"strconv"
	"strings"
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
	// slow says that what grows takes few steps, of which a loaded machine may see none
	// with every allocation recorded.
	slow bool
	// few says that a loaded machine may have no time for enough calls, which the log
	// must say then.
	few bool
}

func leakingBodies() []leakingBody {
	shapes, _ := shapeBodies()
	return slices.Concat(shapes, leakingData, leakingRuntime, leakingHidden)
}

func TestLeaking(t *testing.T) {
	for _, l := range sample(leakingBodies()) {
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
	passes := memassert.NoGrowth(f, body, append(l.opts, soon)...)
	if l.few && passes && strings.Contains(f.Logs(), "not judged: it takes more than") {
		t.Skip(f.Logs())
	}
	assert.False(t, passes, "it leaks: %s; the log has: %s", l.why, f.Logs())
	if l.slow && strings.Contains(f.Errors(), "a longer Budget looks further") {
		l.site = nil
	}
	for _, site := range l.site {
		assert.Contains(t, f.Errors(), site, l.why)
	}
	t.Log(f.Errors())
}
