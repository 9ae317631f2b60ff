package goroutine_test

import (
	"context"
	"runtime/pprof"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
)

func TestOwnLabel(t *testing.T) {
	assert.Empty(t, goroutine.OwnLabel())
	pprof.Do(t.Context(), pprof.Labels("leaktest", "a \"b\"", "other", "c"), func(context.Context) {
		assert.Equal(t, "a \"b\"", goroutine.OwnLabel())
	})
	assert.Empty(t, goroutine.OwnLabel())
}
