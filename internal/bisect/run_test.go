package bisect

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bisected is what a bisection writes if a run of tests leaks what leaks returns.
func bisected(leaks func(b *bisection, tests []string) []found) (output string, code int) {
	tests := []string{"TestA", "TestB", "TestC", "TestD", "TestE", "TestF", "TestG", "TestH"}
	var out strings.Builder
	b := &bisection{out: &out, known: make(map[string]run)}
	b.run = func(some *[]string) (run, error) {
		if some == nil {
			some = &tests
		}
		return run{*some, leaks(b, *some)}, nil
	}
	code = b.all()
	return out.String(), code
}

func has(tests []string, all ...string) bool {
	return !slices.ContainsFunc(all, func(t string) bool { return !slices.Contains(tests, t) })
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		why   string
		leaks func(b *bisection, tests []string) []found
		want  string
	}{
		{"two tests together", func(_ *bisection, tests []string) []found {
			if has(tests, "TestB", "TestG") {
				return []found{{Key: "k", Line: "goroutine +1"}}
			}
			return nil
		}, "bisect: a set of 2 of 8 tests reproduces it: TestB, TestG\n"},
		{"a test and an earlier one", func(_ *bisection, tests []string) []found {
			if has(tests, "TestC", "TestE") {
				return []found{{Test: "TestE", Key: "k", Line: "fd +1"}}
			}
			return nil
		}, "bisect: TestE: fd +1\n"},
		{"by chance", func(b *bisection, tests []string) []found {
			if b.runs == 1 {
				return []found{{Key: "k", Line: "fd +1"}}
			}
			return nil
		}, "bisect: a second run of all tests does not reproduce it: it depends on chance, or on the order of the tests\n"},
		{"the time is over", func(b *bisection, tests []string) []found {
			if b.runs == 5 {
				b.deadline = time.Now().Add(-time.Second)
			}
			if has(tests, "TestB", "TestG") {
				return []found{{Key: "k", Line: "fd +1"}}
			}
			return nil
		}, "bisect: the time of -timeout is over: fewer tests may do\n"},
		{"more than are bisected", func(_ *bisection, tests []string) (all []found) {
			for _, key := range "abcdefgh" {
				all = append(all, found{Key: string(key), Line: "fd +1"})
			}
			return all
		}, "bisect: the other leaks are left out: first mend these\n"},
	} {
		t.Run(c.why, func(t *testing.T) {
			output, code := bisected(c.leaks)
			assert.Equal(t, 1, code)
			assert.Contains(t, output, c.want)
		})
	}
}

// A run that dies counts as one that does not reproduce the leak, and is told.
func TestRunThatDies(t *testing.T) {
	var out strings.Builder
	b := &bisection{out: &out, known: make(map[string]run)}
	b.run = func(some *[]string) (run, error) {
		switch {
		case some == nil:
			return run{[]string{"TestA", "TestB"}, []found{{Key: "k", Line: "fd +1"}}}, nil
		case has(*some, "TestA", "TestB"):
			return run{leaks: []found{{Key: "k", Line: "fd +1"}}}, nil
		case has(*some, "TestA"):
			return run{}, errors.New("run 4: signal: killed")
		}
		return run{}, nil
	}
	assert.Equal(t, 1, b.all())
	assert.Contains(t, out.String(), "bisect: run 4: signal: killed\n")
	assert.Contains(t, out.String(), "a set of 2 of 2 tests reproduces it: TestA, TestB\n")
}

// The names of thousands of tests reach the child. A variable of the environment has no room for them.
func TestManyTests(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = fmt.Sprintf("TestOfALongNameAsTheyAreInGeneratedCode%d", i)
	}
	if IsChild() {
		r := OfChild()
		if r != nil && !slices.ContainsFunc(names, func(n string) bool { return !r.Runs(n) }) && !r.Runs("TestOther") {
			r.Ran("all of them")
		}
		return
	}
	was := os.Args
	defer func() { os.Args = was }()
	os.Args = []string{was[0], "-test.run=^TestManyTests$"}
	r, err := (&bisection{}).inChild(&names)
	require.NoError(t, err)
	assert.Equal(t, []string{"all of them"}, r.tests)
}
