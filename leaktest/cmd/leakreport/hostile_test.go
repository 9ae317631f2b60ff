package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A viewer of SARIF shows no text that a terminal obeys, that looks like another line, or that is endless.
func TestSARIFOfHostileNames(t *testing.T) {
	var all []finding.Finding
	for i, name := range []string{"\x1b[2J\x1b]0;x\x07", "a\nb\r\n::error::x", "\xff\xfe", "a\u202eb", strings.Repeat("long", 1<<18), strings.Repeat("\xff", 1<<16), ""} {
		at := &finding.Frame{Func: name, File: name, Line: i, InModule: true}
		all = append(all, finding.Finding{
			Version: 1, Kind: name, Fingerprint: name, Test: name, Tests: []string{name}, Package: name, Module: name, Root: name, Place: at, Text: name, Unit: name,
			Evidence: []finding.Evidence{{Label: name, Columns: []string{name, name}}}, Stacks: []finding.Stack{{Kind: name, Text: name, Frames: []finding.Frame{*at}}}, CreatedBy: at,
		})
	}
	var lines strings.Builder
	for _, f := range all {
		require.NoError(t, json.NewEncoder(&lines).Encode(f))
	}
	text, stderr, code := called(lines.String(), "-sarif")
	require.Zero(t, code, stderr)
	assert.Less(t, len(text), 1<<20)
	results := checked(t, text)
	assert.Len(t, results, len(all))
	var log any
	require.NoError(t, json.Unmarshal([]byte(text), &log))
	each(log, func(s string) {
		for line := range strings.SplitSeq(s, "\n") {
			assert.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }), "%.100q", line)
			assert.Less(t, len(line), 8000)
			assert.False(t, strings.HasPrefix(line, "::"))
		}
	})
}

// each calls f with all strings of a JSON value.
func each(value any, f func(string)) {
	switch v := value.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			each(x, f)
		}
	case map[string]any:
		for key, x := range v {
			f(key)
			each(x, f)
		}
	}
}

// The name of a file that can't be read is printed as one line that no terminal obeys.
func TestHostileNameOfAFile(t *testing.T) {
	_, stderr, code := called("", "-sarif", "no\x1b[31m\nsuch\xff")
	assert.Equal(t, 1, code)
	assert.Equal(t, "leakreport: open no\\x1b[31m\\nsuch\\xff: no such file or directory\n", stderr)
}
