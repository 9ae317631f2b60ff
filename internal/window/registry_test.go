package window

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A test may run any number of checks, one after the other. What was over between two of them has
// overlapped neither.
func TestChecksThatFollowEachOther(t *testing.T) {
	var r Registry
	begin := func(test string) *Member {
		c := member(test)
		r.Add(c, c, func() string { return "" })
		return c
	}
	around := begin("T")
	for range 100 {
		r.Remove(begin("A"))
	}
	assert.Len(t, r.ended, 1)
	between := begin("B")
	r.BodyOver(between)
	r.Remove(begin("A"))
	assert.Equal(t, []string{"B"}, r.Window(between))
	r.BodyOver(around)
	assert.Equal(t, []string{"T", "A"}, r.Window(around))
}

// A whole test begins when those before it are over or paused.
func TestPausedTests(t *testing.T) {
	var r Registry
	begin := func(test string, fromStart bool) *Member {
		c := member(test)
		c.Runner, c.ToEnd, c.FromStart = true, true, fromStart
		r.Add(c, c, func() string { return "" })
		return c
	}
	a, b := begin("A", true), begin("B", true)
	begin("B/sub", true)
	begin("B", false)
	c := begin("C", true)
	assert.Equal(t, []int{0, 1, 2}, []int{a.Paused, b.Paused, c.Paused})
	r.Remove(b)
	r.Remove(c)
	assert.Equal(t, 1, begin("D", true).Paused)
}
