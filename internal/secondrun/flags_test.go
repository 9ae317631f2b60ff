package secondrun

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWithoutWord(t *testing.T) {
	assert.Equal(t, "warn,settle=1s", withoutWord("warn, stored,settle=1s"))
	assert.Empty(t, withoutWord("stored"))
}
