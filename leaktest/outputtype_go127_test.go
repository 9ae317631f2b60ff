//go:build go1.27

package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// go test -json has a report as an error: under Main, without it, and as what no test owns.
func TestReportIsAnError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		binary    *binary
		test, env string
	}{
		{casesBinary, "TestLeaks", "CASE=leaks"},
		{casesBinary, "TestMain", "CASE=leaks unwrapped"},
		{escapesBinary, "TestStartsAHelper", "ESCAPES=check"},
	} {
		for i, e := range reportOf(t, c.binary, c.test, c.env) {
			want := "error-continue"
			if i == 0 {
				want = "error"
			}
			assert.Equal(t, want, e.OutputType, "%s: %q", c.env, e.Output)
		}
	}
}
