package goroutine_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/stretchr/testify/assert"
)

func TestEscape(t *testing.T) {
	for escaped, plain := range map[string]string{
		"gopkg.in/check%2ev1.(*C).Run":         "gopkg.in/check.v1.(*C).Run",
		"example.org/a%2eb%2ec.F.func1":        "example.org/a.b.c.F.func1",
		"example.org/a%2eb/c.F":                "example.org/a.b/c.F",
		"example.org/100%25%2ego.F[a/b%2ec.T]": "example.org/100%.go.F[a/b%2ec.T]",
		"example.org/plain.(*T).F":             "example.org/plain.(*T).F",
		"main.main":                            "main.main",
		"":                                     "",
	} {
		assert.Equal(t, plain, goroutine.Unescape(escaped))
		assert.Equal(t, escaped, goroutine.Escape(plain), "once it was seen")
	}
	assert.Equal(t, "example.org/a.b.c", goroutine.EscapedPath("example.org/a.b.c.G"), "of another function of the package")
	assert.Equal(t, "example.org/never.seen.F", goroutine.Escape("example.org/never.seen.F"))
	assert.Equal(t, "50% off", goroutine.DecodePath("50% off"))
}
