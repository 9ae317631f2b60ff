package servertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// told is a TB that takes note of how it is told that there is no server.
type told struct {
	testing.TB
	skipped, failed string
}

func (*told) Helper()                         {}
func (t *told) Skipf(format string, a ...any) { t.skipped = fmt.Sprintf(format, a...) }
func (t *told) Fatalf(format string, a ...any) {
	t.failed = fmt.Sprintf(format, a...)
}

// Where tests are meant to have all servers, none is skipped.
func TestAbsent(t *testing.T) {
	const says = "no Redis to test with: set LEAKASSERT_REDIS to where it is: refused"
	t.Setenv("CI", "")
	var tb told
	absent(&tb, "Redis", "LEAKASSERT_REDIS", fmt.Errorf("refused"))
	assert.Equal(t, told{skipped: says}, tb)

	t.Setenv("CI", "true")
	tb = told{}
	absent(&tb, "Redis", "LEAKASSERT_REDIS", fmt.Errorf("refused"))
	assert.Equal(t, told{failed: says}, tb)
}

func TestWithin(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://me@db:5432/test":                 "postgres://me@db:5432/test?search_path=own",
		"postgres://me@db:5432/test?sslmode=disable": "postgres://me@db:5432/test?search_path=own&sslmode=disable",
		"host=db user=me":                            "host=db user=me search_path=own",
	} {
		assert.Equal(t, want, within(dsn, "own"))
	}
}
