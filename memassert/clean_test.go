package memassert_test

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
)

var (
	runs = flag.Int("runs", 1, "how often each body of the corpus is judged")
	all  = flag.Bool("all", false, "judge all bodies of the corpus, not every fourth")
)

// sample is every fourth of the bodies, unless all are asked for or one by its name.
func sample[T any](bodies []T) []T {
	if *all || *runs > 1 || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return bodies
	}
	var some []T
	for i := 0; i < len(bodies); i += 4 {
		some = append(some, bodies[i])
	}
	return some
}

// A cleanBody does not make the heap grow, whatever it looks like for a while.
type cleanBody struct {
	name, why string
	// start makes what lives as long as the body, which it returns.
	start func(t *testing.T) (body func())
	// talks says that the body uses the test that it runs in, which is then the
	// one that is checked.
	talks bool
	opts  []memassert.Option
}

func cleanBodies() []cleanBody {
	_, shapes := shapeBodies()
	return slices.Concat(shapes, cleanLater, cleanStd, cleanNet, cleanSQL, cleanGoroutines, cleanCaches, cleanTimes, cleanCollected, cleanTests, cleanOnce, cleanBesideOthers)
}

func TestClean(t *testing.T) {
	for _, c := range sample(cleanBodies()) {
		t.Run(c.name, func(t *testing.T) {
			for i := range *runs {
				t.Run(strconv.Itoa(i), c.judge)
			}
		})
	}
}

func (c cleanBody) judge(t *testing.T) {
	body := c.start(t)
	if c.talks {
		if !memassert.NoGrowth(t, body, c.opts...) {
			t.Errorf("it is clean: %s", c.why)
		}
		return
	}
	f := faketb.New(t.Name())
	clean := memassert.NoGrowth(f, body, c.opts...)
	if !clean || f.Errors() != "" {
		t.Errorf("it is clean: %s, but NoGrowth returns %v and says:\n%s", c.why, clean, f.Errors())
	}
	if notes := f.Logs(); notes != "" {
		t.Log(notes)
	}
}
