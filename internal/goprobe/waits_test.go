package goprobe

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

// Failing checks without trace do not look for ever, and say so once.
func TestLooksAreLimited(t *testing.T) {
	defer LookAgain()
	looking.Store(int64(mostLooking))
	noted.Store(false)
	blocked := func() []probe.Leak { return []probe.Leak{{ID: "1", Columns: []string{"chan receive"}}} }
	leaks := blocked()
	assert.Equal(t, "what goroutines wait on is not looked up any more: that has taken 2s in this process; LEAKTEST=trace looks it up", waitsOn(leaks, probe.Scope{}))
	assert.Empty(t, leaks[0].Evidence)
	assert.Empty(t, waitsOn(blocked(), probe.Scope{}))
	assert.Empty(t, waitsOn([]probe.Leak{{ID: "1", Columns: []string{"sleep"}}}, probe.Scope{}))
	assert.Equal(t, mostLooking, time.Duration(looking.Load()))
}

// A proof stands where the runtime's would.
func TestProve(t *testing.T) {
	evidence := func(labels ...string) (all []probe.Evidence) {
		for _, l := range labels {
			all = append(all, probe.Evidence{Label: l})
		}
		return all
	}
	for _, c := range []struct{ has, want []string }{
		{nil, []string{"proven"}},
		{[]string{"created by", "locked"}, []string{"created by", "locked", "proven"}},
		{[]string{"created by", "origin", "stack"}, []string{"created by", "proven", "origin", "stack"}},
	} {
		l := probe.Leak{Evidence: evidence(c.has...)}
		prove(&l)
		assert.True(t, l.Proven)
		var labels []string
		for _, e := range l.Evidence {
			labels = append(labels, e.Label)
		}
		assert.Equal(t, c.want, labels)
	}
}
