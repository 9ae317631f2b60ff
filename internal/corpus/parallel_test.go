//go:build linux

package corpus

import (
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// All bodies run at once, each under a check of its own, and among them some that leak a
// goroutine. Only those are blamed.
func TestParallel(t *testing.T) {
	tidy := verb{"leaktest.Check", func(t *fake, body func(testing.TB)) { leaktest.Check(t); body(t) }}
	leaking := leakVerbs["goroutines"]
	some := parallelLeaks()
	for range *runs {
		t.Run("all", func(t *testing.T) {
			for i, b := range bodies {
				t.Run(b.name, func(t *testing.T) {
					b.needs.there(t)
					t.Parallel()
					tidy.clean(t, b.run)
				})
				if i%4 != 0 {
					continue
				}
				l := some[i/4%len(some)]
				t.Run("beside "+b.name+" "+l.name, func(t *testing.T) {
					t.Parallel()
					l.judged(t, leaking, false)
				})
			}
		})
	}
}

// parallelLeaks are leaks of goroutines alone: descriptors belong to the process, so
// those that tests leave behind while others run are reported with the names of all.
func parallelLeaks() []leak {
	var some []leak
	for _, l := range goroutineLeaks {
		if strings.Contains("receive send select mutex cond WaitGroup ticker loop abandoned worker errgroup many", l.name) {
			some = append(some, l)
		}
	}
	return some
}
