package leaktest_test

import (
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// What a check has found while others that may have acquired it are active waits for
// the last of them. However that one ends, it reports the finding.
func TestLastCheckReportsWhatWasParked(t *testing.T) {
	for name, last := range map[string]func(f *faketb.TB, body func()){
		"a clean one": func(f *faketb.TB, body func()) { leaktest.Check(f, soon); body() },
		"one that leaks, too": func(f *faketb.TB, body func()) {
			leaktest.Check(f, soon)
			body()
			faketb.Stuck(t, 1)
		},
		"NoLeak":           func(f *faketb.TB, body func()) { leaktest.NoLeak(f, body, soon) },
		"memassert's":      func(f *faketb.TB, body func()) { memassert.Check(f, memassert.Settle(0)); body() },
		"NoGrowth":         func(f *faketb.TB, body func()) { leaktest.NoGrowth(f, body) },
		"NoGrowth of heap": func(f *faketb.TB, body func()) { leaktest.NoGrowth(f, body, leaktest.Heap()) },
		"a NoGrowth that fails": func(f *faketb.TB, body func()) {
			leaktest.NoGrowth(f, func() { body(); faketb.Stuck(t, 1) }, soon)
		},
		"memassert.NoLeak": func(f *faketb.TB, body func()) { memassert.NoLeak(f, body, memassert.Settle(0)) },
		"another kind's":   func(f *faketb.TB, body func()) { fdassert.NoLeak(f, body, fdassert.Settle(0)) },
		"memassert.NoGrowth": func(f *faketb.TB, body func()) {
			memassert.NoGrowth(f, body, memassert.Iterations(20))
		},
		"a NoLeak whose body leaves its goroutine":   func(f *faketb.TB, body func()) { leaktest.NoLeak(f, func() { body(); f.FailNow() }) },
		"a NoLeak whose body skips":                  func(f *faketb.TB, body func()) { leaktest.NoLeak(f, func() { body(); f.SkipNow() }) },
		"a NoLeak whose body panics":                 func(f *faketb.TB, body func()) { leaktest.NoLeak(f, func() { body(); panic("body's") }) },
		"a NoGrowth whose body leaves its goroutine": func(f *faketb.TB, body func()) { leaktest.NoGrowth(f, func() { body(); f.FailNow() }) },
		"a NoGrowth whose body panics":               func(f *faketb.TB, body func()) { leaktest.NoGrowth(f, func() { body(); panic("body's") }) },
		"a memassert.NoGrowth whose body panics":     func(f *faketb.TB, body func()) { memassert.NoGrowth(f, func() { body(); panic("body's") }) },
	} {
		t.Run(name, func(t *testing.T) {
			begun, ended, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
			var b *faketb.TB
			go func() {
				defer close(done)
				once := false
				b, _ = faketb.Run("TestLast", func(f *faketb.TB) {
					last(f, func() {
						if !once { // a body that is run again and again waits the first time
							once = true
							close(begun)
							<-ended
						}
					})
				})
			}()
			a, _ := faketb.Run("TestParked", func(f *faketb.TB) {
				leaktest.Check(f, soon)
				<-begun
				openFile(t, "parked.log")
			})
			assert.Empty(t, a.Errors(), "TestLast may have opened it")
			close(ended)
			<-done
			assert.Contains(t, b.Errors(), "parked.log")
			assert.Regexp(t, `by one of +Test(Parked|Last)  Test(Parked|Last)\n`, b.Errors())
		})
	}
}
