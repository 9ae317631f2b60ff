package report_test

import (
	"fmt"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCauses(t *testing.T) {
	at := func(function, file string, line int) probe.Frame {
		return probe.Frame{Func: function, File: file, Line: line}
	}
	std := at("time.goFunc", "runtime/none", 1)
	std.File = "_cgo_gotypes.go" // of a package of the standard library, wherever that is
	goroutine := func(state string, line int) probe.Leak {
		return probe.Leak{Kind: "goroutine", Unit: "goroutine", Columns: []string{state, "store.(*DB).flush"}, CreatedBy: at("example.org/store/v2.Open", "/m/store/store.go", line)}
	}
	pipe := probe.Leak{Kind: "fd", Unit: "descriptor", Columns: []string{"pipe"}, Frames: []probe.Frame{std, at("github.com/gin-gonic/gin.captureOutput", "/m/debug_test.go", 137)}}
	timer := probe.Leak{Kind: "goroutine", Columns: []string{"sleep"}, CreatedBy: std, Frames: []probe.Frame{std, at("a/b.tick", "/m/b.go", 7)}}
	var run []report.Leaked
	for i := range 26 {
		leaks := []probe.Leak{pipe, pipe}
		if i < 8 {
			leaks = append(leaks, goroutine("chan receive", 13))
		}
		if i < 3 {
			leaks = append(leaks, goroutine([]string{"select", "sleep"}[i%2], 20), timer)
		}
		if i == 0 {
			leaks = append(leaks, goroutine("select", 30), probe.Leak{Kind: "fd", Columns: []string{"no place"}})
		}
		run = append(run, report.Leaked{Test: fmt.Sprint("Test", i), Leaks: leaks})
	}
	assert.Equal(t, []string{
		`26 tests: pipe, gin.captureOutput  /m/debug_test.go:137  leaktest.IgnoreFunc("github.com/gin-gonic/gin.captureOutput") ignores it`,
		`8 tests: chan receive, store.Open  /m/store/store.go:13  leaktest.IgnoreCreatedBy("example.org/store/v2.Open") ignores it`,
		`3 tests: sleep, b.tick  /m/b.go:7  leaktest.IgnoreFunc("a/b.tick") ignores it`,
		`3 tests: goroutine, store.Open  /m/store/store.go:20  leaktest.IgnoreCreatedBy("example.org/store/v2.Open") ignores it`,
	}, report.Causes(run))
	assert.Empty(t, report.Causes(run[:1]))
	assert.Empty(t, report.Causes(append(run[:1:1], run[0])), "the same test, run again")
	assert.Empty(t, report.Causes(nil))
}

// Of many places only some are listed.
func TestCausesAreBounded(t *testing.T) {
	var run []report.Leaked
	for _, test := range []string{"TestA", "TestB"} {
		var leaks []probe.Leak
		for i := range 10_000 {
			leaks = append(leaks, probe.Leak{Kind: "goroutine", Columns: []string{"select"}, CreatedBy: probe.Frame{Func: fmt.Sprintf("example.org/shop.F%d", i), File: "shop.go", Line: i}})
		}
		run = append(run, report.Leaked{Test: test, Leaks: leaks})
	}
	lines := report.Causes(run)
	require.Len(t, lines, 51)
	assert.Equal(t, "… and 9950 more places at which several tests have leaked", lines[50])
}
