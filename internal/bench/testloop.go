package bench

import (
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// testCases play whole tests, each on a goroutine of its own as the testing
// package and the fuzzing engine run them. What a check costs there is the
// difference between the two.
func testCases() []Case {
	return []Case{
		{Body: Test, By: Floor, Bench: benchTest(func(*tb) {})},
		{Body: Test, By: Check, Bench: benchTest(func(t *tb) { leaktest.Check(t, leaktest.Goroutines()) })},
	}
}

func benchTest(begin func(*tb)) func(*testing.B) string {
	play := func() (report string) {
		result := make(chan string)
		go func() {
			t := new(tb)
			begin(t)
			t.end()
			result <- t.report
		}()
		return <-result
	}
	return benchReport(play)
}
