package page

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// many returns findings of all kinds in many tests.
func many(n int) (all []finding.Finding) {
	frames := make([]finding.Frame, 30)
	for i := range frames {
		frames[i] = finding.Frame{Func: fmt.Sprintf("example.org/a.F%d", i), File: "a.go", Line: i, InModule: true}
	}
	for i := range n {
		at := frames[i%30]
		all = append(all, finding.Finding{
			Version: 1, Kind: fmt.Sprint("kind", i%1000), Fingerprint: fmt.Sprint("f", i), Test: fmt.Sprint("Test", i), Package: "example.org/a", Root: "/nowhere", Place: &at,
			Stacks: []finding.Stack{{Kind: "goroutine", Frames: frames}}, Count: 1, Unit: "goroutine", Text: "goroutine  +1", Holder: []string{"a.b.c[…] → *d"}, Notes: []string{"n"},
			Evidence: []finding.Evidence{{Label: "stack", Columns: []string{"a", "b"}}}, Changes: []finding.Change{{Name: "a", Before: "1"}}, Growth: &finding.Growth{Rounds: []int64{1, 2}},
		})
	}
	return all
}

func TestPageIsBounded(t *testing.T) {
	got := shownPage(t, many(10_000)...)
	assert.Contains(t, got, "500 of 10000 findings are below")
	assert.Contains(t, got, "And 500 more kinds.")
	assert.Contains(t, got, "and 9500 more that are not shown")
	assert.Equal(t, 500, strings.Count(got, "<article"))
	assert.Less(t, len(got), 12<<20)

	large := finding.Finding{
		Kind: "k", Text: strings.Repeat("é<", 1<<16), Notes: make([]string, 1000), Tests: make([]string, 1000), Names: make([]string, 1000),
		Holder: []string{}, Growth: &finding.Growth{Rounds: make([]int64, 1000)}, Changes: make([]finding.Change, 1000), Evidence: make([]finding.Evidence, 1000),
	}
	for i := range 1000 {
		text := fmt.Sprint(i, strings.Repeat("<", 2000))
		large.Notes[i], large.Holder, large.Tests[i] = text, append(large.Holder, text), text
		large.Changes[i] = finding.Change{Name: text}
		large.Evidence[i] = finding.Evidence{Label: text, Columns: []string{text, text}}
	}
	large.Stacks = make([]finding.Stack, 100)
	for i := range large.Stacks {
		large.Stacks[i].Frames = make([]finding.Frame, 1000)
	}
	all := make([]finding.Finding, 100)
	for i := range all {
		all[i] = large
	}
	var b strings.Builder
	require.NoError(t, Write(&b, Input{Found: all}))
	assert.Less(t, b.Len(), 12<<20)
	assert.Contains(t, b.String(), "of 100 findings are below")
	assert.Contains(t, b.String(), "Not shown: 950 lines of evidence, 80 stacks, 18000 calls of stacks, 950 ways to what holds it, 940 rounds, 900 rows of the table.")
}

// Of each leak one finding is shown before others of the same leak.
func TestPageShowsEachLeak(t *testing.T) {
	all := many(1000)
	for i := range all[:999] {
		all[i].Fingerprint, all[i].Place, all[i].Kind = "same", nil, "k"
	}
	all[999].Test, all[999].Text = "TestZ", "rare"
	got := shownPage(t, all...)
	assert.Contains(t, got, ">rare</span></h4>")
	assert.Contains(t, got, "1000 findings of 2 leaks.")
}

func BenchmarkPage(b *testing.B) {
	text := new(strings.Builder)
	for _, f := range many(10_000) {
		require.NoError(b, json.NewEncoder(text).Encode(f))
	}
	for b.Loop() {
		var in Input
		in.Read("leaks.json", strings.NewReader(text.String()))
		require.NoError(b, Write(io.Discard, in))
	}
}
