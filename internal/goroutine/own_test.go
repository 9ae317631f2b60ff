package goroutine_test

import (
	"context"
	"runtime/pprof"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
)

func TestOwnLabel(t *testing.T) {
	_, ok := goroutine.OwnLabel("own")
	assert.False(t, ok)
	pprof.Do(t.Context(), pprof.Labels("own", "a \"b\"", "other", "c"), func(context.Context) {
		value, ok := goroutine.OwnLabel("own")
		assert.True(t, ok)
		assert.Equal(t, "a \"b\"", value)
	})
	_, ok = goroutine.OwnLabel("own")
	assert.False(t, ok)
}

func TestHasLabel(t *testing.T) {
	r := cut("goroutine 2 [select] {k: v, q: \"a b\"}:\nmain.f()\n\t/a.go:2 +0x1\n")[0]
	for _, c := range []struct {
		key, value string
		has, equal bool
	}{{"k", "v", true, true}, {"k", "w", true, false}, {"q", "a b", true, true}, {"x", "v", false, false}} {
		has, equal := r.HasLabel(c.key, c.value)
		assert.Equal(t, c.has, has)
		assert.Equal(t, c.equal, equal)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { r.HasLabel("q", "a b") }))
}
