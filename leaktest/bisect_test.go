package leaktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var bisectBinary = newBinary("bisect")

// A bisection finds the smallest set of tests that reproduces a leak.
func TestBisect(t *testing.T) {
	for _, c := range []struct {
		leak, words string
		code        int
		says        []string
	}{
		{"server", "bisect,repeat=3,settle=50ms", 1, []string{
			"bisect: each run of the suite: goroutine  +4  chan receive  bisect.keep  ",
			"bisect: a set of 3 of 13 tests reproduces it: TestLogin, TestDebug, TestRequest\n" +
				"    LEAKTEST=repeat=3,settle=50ms go test -count=1 -run '^(TestLogin|TestDebug|TestRequest)$' ./leaktest/testdata/bisect\n",
		}},
		{"blamed", "settle=50ms,bisect", 1, []string{
			"bisect: TestBlamed: goroutine  +1  chan receive  bisect.keep  ",
			"bisect: a set of 2 of 13 tests reproduces it: TestFills, TestBlamed\n" +
				"    LEAKTEST=settle=50ms go test -count=1 -run '^(TestFills|TestBlamed)$' ./leaktest/testdata/bisect\n",
		}},
		{"alone", "bisect", 1, []string{"bisect: TestAlone: goroutine  +1", "bisect: TestAlone alone reproduces it\n"}},
		{"always", "bisect", 1, []string{"bisect: what no test owns: fd  +1", "bisect: no test is needed: it is there when TestMain has run none\n"}},
		{"none", "bisect", 0, []string{"bisect: nothing leaks in this run of 13 tests\n"}},
		{"unchecked", "bisect", 2, []string{"bisect: no test has run under leaktest.Main, which LEAKTEST=bisect needs\n"}},
		{"dies", "bisect", 2, []string{"bisect: run 1: exit status 3\n    TestMain dies\n"}},
	} {
		t.Run(c.leak, func(t *testing.T) {
			t.Parallel()
			output, code := bisectBinary.run(t, []string{"LEAKTEST=" + c.words, "BISECT=" + c.leak})
			assert.Equal(t, c.code, code, output)
			for _, text := range c.says {
				assert.Contains(t, output, text)
			}
			assert.NotContains(t, output, "--- FAIL")
		})
	}
}
