package poolassert_test

import (
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// A hooked pool tells checkouts what it lends.
type hooked struct {
	lender
	out poolassert.Checkouts
}

func (h *hooked) take() int {
	h.Taken++
	h.out.Out(h.Taken)
	return h.Taken
}

func (h *hooked) give(n int) {
	h.Given++
	h.out.Back(n)
}

func (h *hooked) watched() poolassert.Pool {
	return poolassert.With(soon(h.pool("buffers")), poolassert.KnownBy(&h.out))
}

func TestCheckouts(t *testing.T) {
	h := &hooked{}
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { h.give(h.take()) }, h.watched()))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, poolassert.NoLeak(f, func() {
		h.give(h.take())
		h.take()
	}, h.watched()))
	golden(t, "checkouts", f.Errors())
}

// What was out before the check is not what it reports.
func TestCheckoutsFromBefore(t *testing.T) {
	h := &hooked{}
	takeBefore := func() { h.out.Out("before"); h.Taken++ }
	takeBefore()
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { h.take() }, h.watched()))
	assert.Contains(t, f.Errors(), "(*hooked).take")
	assert.NotContains(t, f.Errors(), "TestCheckoutsFromBefore.func")
}

// Checkouts that nobody has told of all that is out say nothing wrong.
func TestCheckoutsThatMissSome(t *testing.T) {
	h := &hooked{}
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { h.Taken++ }, h.watched()))
	assert.Contains(t, f.Errors(), "1 pool slot")
	assert.NotContains(t, f.Errors(), "checked out")
	h.out.Back("a stranger")
}

func TestCheckoutsFromManyGoroutines(t *testing.T) {
	var out poolassert.Checkouts
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				out.Out([2]int{g, i})
				out.Back([2]int{g, i})
			}
		})
	}
	all.Wait()
	h := &hooked{}
	f := faketb.New("T")
	poolassert.NoLeak(f, func() { h.Taken++ }, poolassert.With(soon(h.pool("buffers")), poolassert.KnownBy(&out)))
	assert.NotContains(t, f.Errors(), "checked out", "nothing is")
}
