package session

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFieldsOfT(t *testing.T) {
	require.NotNil(t, cleanupsOf.of(t))
	before := len(*cleanupsOf.of(t))
	t.Cleanup(func() {})
	assert.Len(t, *cleanupsOf.of(t), before+1)

	require.NotNil(t, isParallel.of(t))
	assert.False(t, *isParallel.of(t))
	t.Run("parallel", func(t *testing.T) {
		t.Parallel()
		assert.True(t, *isParallel.of(t))
	})
	assert.Nil(t, fieldOfT[int]("isParallel").of(t), "it has another type")
	assert.Nil(t, fieldOfT[bool]("noSuchField").of(t))
}
