package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// called runs the command.
func called(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &err)
	return out.String(), err.String(), code
}

func lines(t *testing.T, found ...finding.Finding) string {
	var b strings.Builder
	for _, f := range found {
		f.Version = finding.Version
		require.NoError(t, json.NewEncoder(&b).Encode(f))
	}
	return b.String()
}

func TestUse(t *testing.T) {
	for _, c := range []struct {
		why    string
		args   []string
		code   int
		stderr string
	}{
		{"no format", nil, 2, "leakreport: no format is given: write -html, -sarif or -pprof DIR\nusage: leakreport "},
		{"two formats", []string{"-html", "-sarif"}, 2, "leakreport: several formats are given: run leakreport once for each\n"},
		{"help", []string{"-h"}, 0, "usage: leakreport "},
		{"an unknown flag", []string{"-pdf"}, 2, "flag provided but not defined: -pdf\nusage: leakreport "},
		{"no such file", []string{"-sarif", "none.json"}, 1, "leakreport: open none.json: "},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, stderr, code := called("", c.args...)
			assert.Equal(t, c.code, code)
			assert.True(t, strings.HasPrefix(stderr, c.stderr), stderr)
		})
	}
}

// Files of several runs are one report, and a damaged line costs only itself.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	require.NoError(t, os.WriteFile(a, []byte(lines(t, finding.Finding{Kind: "fd", Fingerprint: "1"})+"{\n"+lines(t, finding.Finding{Kind: "fd", Fingerprint: "2"})), 0o644))
	require.NoError(t, os.WriteFile(b, []byte(lines(t, finding.Finding{Kind: "goroutine", Fingerprint: "3"})), 0o644))
	stdout, stderr, code := called("", "-sarif", a, b)
	assert.Equal(t, 1, code)
	assert.Equal(t, "leakreport: "+a+": line 2: unexpected end of JSON input\n", stderr)
	assert.Len(t, checked(t, stdout), 3)

	stdout, stderr, code = called(lines(t, finding.Finding{Kind: "fd"}), "-sarif")
	assert.Zero(t, code)
	assert.Empty(t, stderr)
	assert.Len(t, checked(t, stdout), 1)
}

// The page shows what could be read, and says what could not.
func TestHTML(t *testing.T) {
	stdout, stderr, code := called("nonsense\n"+lines(t, finding.Finding{Kind: "fd", Text: "fd  +1"}), "-html")
	assert.Equal(t, 1, code)
	assert.Equal(t, "leakreport: standard input: line 1: invalid character 'o' in literal null (expecting 'u')\n", stderr)
	assert.Contains(t, stdout, "<li>standard input: line 1: ")
	assert.Contains(t, stdout, "1 finding of 1 leak.")
	assert.True(t, strings.HasSuffix(stdout, "</html>\n"))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestOutputThatCantBeWritten(t *testing.T) {
	var stderr bytes.Buffer
	assert.Equal(t, 1, run([]string{"-sarif"}, strings.NewReader(""), full{}, &stderr))
	assert.Equal(t, "leakreport: the disk is full\n", stderr.String())
}
