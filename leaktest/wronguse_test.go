package leaktest_test

import (
	"os"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

func TestWrongUse(t *testing.T) {
	leaktestEnv := func(value string) func(*faketb.TB) {
		return func(f *faketb.TB) {
			os.Setenv("LEAKTEST", value)
			defer os.Unsetenv("LEAKTEST")
			leaktest.Check(f)
		}
	}
	with := func(opts ...leaktest.Option) func(*faketb.TB) {
		return func(f *faketb.TB) { leaktest.Check(f, opts...) }
	}
	for _, c := range []struct {
		name string
		use  func(*faketb.TB)
		says string
	}{
		{"twice", func(f *faketb.TB) { leaktest.Check(f); leaktest.Check(f) },
			`leaktest: Check is called twice on T: leave the second call out, and give its options to the first`},
		{"in a cleanup", func(f *faketb.TB) { f.Cleanup(func() { leaktest.Check(f) }) },
			`leaktest: Check is called from a cleanup of T, when the test is over: call it first in the test`},
		{"unknown word", leaktestEnv("warn,of"),
			`leaktest: LEAKTEST=warn,of: unknown word "of"; known are off, warn, trace, stored, baseline, baseline=add, selftest, bisect, explore, replay=SCHEDULE, settle=TIME, repeat=N, pictures=DIR, json=FILE, report=DIR and symbols=off|FILE, separated by commas`},
		{"no number", leaktestEnv("repeat=x"),
			`leaktest: LEAKTEST=repeat=x: "repeat=x" is not a number of runs; write repeat=3`},
		{"no runs", leaktestEnv("repeat=0"),
			`leaktest: LEAKTEST=repeat=0: "repeat=0" is not a number of runs; write repeat=3`},
		{"empty name", with(leaktest.IgnoreFunc("")),
			`leaktest: IgnoreFunc("") can't match any function: it is empty; write "example.org/pkg.Func"`},
		{"everything", with(leaktest.IgnoreFunc("...")),
			`leaktest: IgnoreFunc("...") can't match any function: that would be every function; write the package in front of the dots`},
		{"dots inside", with(leaktest.IgnoreFunc("a/b...c.F")),
			`leaktest: IgnoreFunc("a/b...c.F") can't match any function: "..." stands for the rest of a name, at its end only`},
		{"no package", with(leaktest.IgnoreFunc("Serve")),
			`leaktest: IgnoreFunc("Serve") can't match any function: the package or the function is missing; write "example.org/pkg.Func", or "Serve..." for all that begins so`},
		{"package only", with(leaktest.IgnoreCreatedBy("net/http")),
			`leaktest: IgnoreCreatedBy("net/http") can't match any function: the package or the function is missing; write "example.org/pkg.Func", or "net/http..." for all that begins so`},
		{"a call", with(leaktest.IgnoreFunc("a/b.F()")),
			`leaktest: IgnoreFunc("a/b.F()") can't match any function: names in a stack have no parentheses at their end; leave them out`},
		{"a space", with(leaktest.IgnoreFunc("a/b. F")),
			`leaktest: IgnoreFunc("a/b. F") can't match any function: there is white space in it`},
		{"a file", with(leaktest.IgnoreFunc("server.go")),
			`leaktest: IgnoreFunc("server.go") can't match any function: it is the name of a file; write "example.org/pkg.Func"`},
		{"negative time", with(leaktest.Settle(-1)),
			`leaktest: Settle(-1ns): a time to wait can't be negative; 0 looks once`},
		{"a pattern", with(leaktest.IgnoreFunc("pkg.*")),
			`leaktest: IgnoreFunc("pkg.*") can't match any function: a name is not a pattern; write "pkg..."`},
		{"warm-up of nothing", with(leaktest.Warmup(3)),
			`leaktest: Warmup(3) is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth`},
		{"warm-up of a body that runs once", func(f *faketb.TB) { leaktest.NoLeak(f, func() {}, leaktest.Warmup(0)) },
			`leaktest: Warmup(0) is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth`},
		{"iterations of nothing", with(leaktest.Heap(memassert.Iterations(9), memassert.Warmup(1), memassert.Budget(time.Second))),
			`memassert: Iterations(9) is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth
memassert: Warmup(1) is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth
memassert: Budget(1s) is only for NoGrowth, which repeats the body: leave it out, or call NoGrowth`},
		{"repeated", func(f *faketb.TB) { leaktest.NoGrowth(f, func() {}, leaktest.Warmup(3)) }, ``},
		{"some sockets", with(leaktest.FDs(fdassert.IgnoreKind("socket"))),
			`fdassert: IgnoreKind("socket"): that is only a socket of an unknown family; write IgnoreSockets() for all, or IgnoreKind("tcp")`},
		{"nil option", with(nil), `leaktest: an Option is nil: leave it out`},
		{"nil probe", with(leaktest.With(nil)), `leaktest: With(nil): pass the probe, or leave the option out`},
		{"nil filter", with(leaktest.Ignore(nil)), `leaktest: Ignore(nil): pass a function that says which leaks to leave out`},
		{"nil body", func(f *faketb.TB) { leaktest.NoLeak(f, nil) }, `leaktest: NoLeak: body is nil: pass the function to run`},
		{"nil growing body", func(f *faketb.TB) { leaktest.NoGrowth(f, nil) }, `leaktest: NoGrowth: body is nil: pass the function to run`},
		{"negative warm-up", func(f *faketb.TB) { leaktest.NoGrowth(f, func() {}, leaktest.Warmup(-1)) },
			`leaktest: Warmup(-1): it must be 0 or more`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, panicked := faketb.Run("T", c.use)
			assert.Nil(t, panicked)
			assert.Equal(t, c.says, f.Errors())
		})
	}
}

// A body runs also when the options are wrong: what the test is about goes on.
func TestBodyRunsInSpiteOfWrongOptions(t *testing.T) {
	ran := 0
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() { ran++ }, leaktest.IgnoreFunc("x")))
	assert.False(t, leaktest.NoGrowth(f, func() { ran++ }, leaktest.IgnoreFunc("x")))
	assert.Equal(t, 2, ran)
}
