package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func start(t *testing.T) *tour {
	tour, err := newTour(true)
	require.NoError(t, err)
	t.Cleanup(tour.close)
	return tour
}

// go run ./examples/tour, which .ci/run runs, visits all.
func TestLeakIsCaught(t *testing.T) {
	v := start(t).visit(stops[0], func() {})
	assert.NoError(t, v.missed, v.report)
	assert.NoError(t, v.blamed, v.mended)
	assert.Empty(t, v.skipped)
}

// Every example with a leaking test is a stop, and so is every test.
func TestEveryExampleIsAStop(t *testing.T) {
	tour := start(t)
	known := make(map[string]bool)
	for _, s := range stops {
		known[s.pkg+" "+s.test] = true
	}
	assert.NoError(t, filepath.WalkDir(tour.folder(""), func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Base(path) != "leaking_test.go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(tour.folder(""), filepath.Dir(path))
		for line := range strings.Lines(string(text)) {
			if name, found := strings.CutPrefix(line, "func Test"); found {
				name, _, _ = strings.Cut(name, "(")
				assert.True(t, known[filepath.ToSlash(pkg)+" Test"+name], "%s: Test%s is no stop of the tour", pkg, name)
			}
		}
		return err
	}))
}

// A tour that can't fail shows nothing.
func TestATestThatPassesIsNotCaught(t *testing.T) {
	tour := start(t)
	visit := func(s stop) error { return tour.visit(s, func() {}).missed }
	s := stop{pkg: "metrics", test: "TestCollector"}
	assert.EqualError(t, visit(s), "the test passes")
	s.test = "TestNothingOfThisName"
	assert.EqualError(t, visit(s), "there is no test TestNothingOfThisName")
	s = stops[0]
	s.says = []string{"what no report says"}
	assert.EqualError(t, visit(s), `the report does not say "what no report says"`)
	s.pkg = "nowhere"
	assert.ErrorContains(t, visit(s), "the tests can't be built")
}

// The exit code is 1 if a leak is missed or a mended form is blamed.
func TestShow(t *testing.T) {
	caught := visit{report: "the report\n", passed: true}
	for name, test := range map[string]struct {
		visit visit
		code  int
		says  string
	}{
		"caught":           {caught, 0, "the report\nmended: its tests pass, with the same check\n\n1 of 1 leaks caught, 0 mended forms blamed.\n"},
		"without -mended":  {visit{report: "the report\n"}, 0, "the report\n\n1 of 1 leaks caught.\n"},
		"missed":           {visit{missed: errors.New("the test passes")}, 1, "NOT CAUGHT: the test passes\n\n0 of 1 leaks caught.\n"},
		"blamed":           {visit{report: "the report\n", mended: "its output\n", blamed: errors.New("exit status 1")}, 1, "the report\nits output\nMENDED, BUT FAILS: exit status 1\n\n1 of 1 leaks caught, 1 mended forms blamed.\n"},
		"server is absent": {visit{skipped: "no PostgreSQL"}, 0, "skipped: no PostgreSQL\n\n0 of 0 leaks caught, 1 examples skipped.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			code := (&screen{Writer: &out}).show([]stop{{title: "a leak", story: "It leaks.", pkg: "p"}}, func(_ stop, built func()) visit { built(); return test.visit })
			assert.Equal(t, test.code, code)
			assert.Equal(t, "1 of 1  examples/p: a leak\nIt leaks.\n\n"+test.says, out.String())
		})
	}
}

// Colours need a terminal.
func TestColours(t *testing.T) {
	assert.Equal(t, "text", newScreen(os.Stdout).paint(red, "text"), "go test captures the output")
	assert.Equal(t, red+"text"+plain, (&screen{colours: true}).paint(red, "text"))
}

func TestChoose(t *testing.T) {
	chosen, err := choose("sqlite,metrics")
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	assert.Equal(t, "services/sqlite", chosen[0].pkg)
	_, err = choose("metrics,nothing")
	assert.EqualError(t, err, `there is no example "nothing": -list shows their names`)
	assert.Equal(t, 2, run([]string{"-only", "nothing"}))
	assert.Equal(t, 2, run([]string{"-nothing"}))
	assert.Equal(t, 0, run([]string{"-list"}))
}

func TestFold(t *testing.T) {
	line := "    goroutine  +4  chan receive  metrics.(*Leaking).work  examples/metrics/leaking.go:24 and what comes after it\n"
	folded := fold(line)
	for part := range strings.Lines(folded) {
		assert.LessOrEqual(t, len(part), width+1)
	}
	assert.Equal(t, strings.Fields(line), strings.Fields(folded))
	word := strings.Repeat("x", 100) + "\n"
	assert.Equal(t, word, fold(word))
	assert.Equal(t, "  short\n", fold("  short\n"))
}
