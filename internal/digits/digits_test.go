package digits_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/digits"
	"github.com/stretchr/testify/assert"
)

func TestGroup(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1 000", -100: "-100", 12480: "12 480", 1234567: "1 234 567", -1000: "-1 000"} {
		assert.Equal(t, want, digits.Group(n))
	}
}
