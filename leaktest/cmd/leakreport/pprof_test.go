package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opened is what go tool pprof shows of a profile.
func opened(t *testing.T, file string, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append(append([]string{"tool", "pprof", "-top", "-nodecount=100", "-nodefraction=0"}, args...), file)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// total returns the total that go tool pprof shows.
func total(t *testing.T, top string) string {
	m := regexp.MustCompile(`of (\S+) total`).FindStringSubmatch(top)
	require.NotNil(t, m, top)
	return m[1]
}

func TestProfiles(t *testing.T) {
	in := func(fn string, line int) finding.Frame {
		return finding.Frame{Func: "example.org/a." + fn, File: "a/a.go", Line: line, InModule: true}
	}
	created := in("Start", 3)
	stack := func(kind string, frames ...finding.Frame) []finding.Stack {
		return []finding.Stack{{Kind: kind, Frames: frames, CreatedBy: &created}}
	}
	heap := func(f finding.Finding) finding.Finding {
		f.Kind, f.Unit, f.Package = "heap", "object", "example.org/a"
		return f
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	stdout, stderr, code := called(lines(t,
		heap(finding.Finding{Test: "TestA", Count: 10, Bytes: 1000, Stacks: stack("heap", in("make", 1), in("Do", 2)), Root: "/src"}),
		heap(finding.Finding{Test: "TestB", Count: 5, Bytes: 24, Stacks: stack("heap", in("make", 1), in("Other", 2)), Root: "/src"}),
		heap(finding.Finding{Count: 1, Bytes: -8, Place: &created}),
		heap(finding.Finding{Count: 2, Bytes: 16, Text: "heap  +2 objects  suspect"}),
		finding.Finding{Kind: "goroutine", Count: 4, Stacks: stack("goroutine", in("wait", 9))},
		finding.Finding{Kind: "goroutine", Count: 1, CreatedBy: &created},
		finding.Finding{Kind: "fd", Count: 1, Stacks: []finding.Stack{{Kind: "fd", Frames: []finding.Frame{in("Open", 1)}}, {Kind: "goroutine", Count: 3, Frames: []finding.Frame{in("serve", 2)}}}},
		finding.Finding{Kind: "goroutine", Count: -7},
		finding.Finding{},
	), "-pprof", dir)
	require.Zero(t, code, stderr)
	heapFile, goroutineFile := filepath.Join(dir, "heap.pb.gz"), filepath.Join(dir, "goroutines.pb.gz")
	assert.Equal(t, heapFile+": 18 objects, 1040 bytes; "+goroutineFile+": 8 goroutines\n2 findings have a number below 0, which counts as 0\n", stdout)

	top := opened(t, heapFile, "-unit=B")
	assert.Equal(t, "1040B", total(t, top))
	assert.Contains(t, top, "Type: inuse_space")
	assert.Regexp(t, `(?m)^ *1024B +98.46% .* example.org/a.make$`, top)
	assert.Regexp(t, `(?m) 1000B +96.15% +example.org/a.Do$`, top)
	assert.Regexp(t, `(?m)^ *16B .*heap  \+2 objects  suspect$`, top)
	assert.Equal(t, "18", total(t, opened(t, heapFile, "-sample_index=inuse_objects")))
	assert.Equal(t, "1000B", total(t, opened(t, heapFile, "-unit=B", "-tagfocus=test=TestA", "-relative_percentages")))
	assert.Contains(t, opened(t, heapFile, "-lines"), "example.org/a.make /src/a/a.go:1")

	top = opened(t, goroutineFile)
	assert.Equal(t, "8", total(t, top))
	assert.Regexp(t, `(?m)^ *4 +50.00% .* example.org/a.wait$`, top)
	assert.Regexp(t, `(?m)^ *3 +37.50% .* example.org/a.serve$`, top)
	assert.Regexp(t, `(?m)^ *1 +12.50% .* example.org/a.Start$`, top)
}

// Whatever texts a finding has, pprof opens the profile.
func TestProfilesOfHostileText(t *testing.T) {
	const text = `"</script>{{.}}` + "\x00\x1b[2J\u202e\xff"
	at := finding.Frame{Func: text, File: text, Line: -3, InModule: true}
	f := finding.Finding{Kind: "heap", Test: text, Package: text, Root: "/" + text, Text: text, Count: 3, Bytes: 3,
		Stacks: []finding.Stack{{Kind: "heap", Frames: []finding.Frame{at, {}}, CreatedBy: &at}}}
	dir := t.TempDir()
	goroutine := f
	goroutine.Kind, goroutine.Stacks = "goroutine", []finding.Stack{{Kind: "goroutine", Frames: []finding.Frame{at}}}
	_, stderr, code := called(lines(t, f, goroutine), "-pprof", dir)
	require.Zero(t, code, stderr)
	assert.Equal(t, "3B", total(t, opened(t, filepath.Join(dir, "heap.pb.gz"), "-unit=B")))
	assert.Equal(t, "3", total(t, opened(t, filepath.Join(dir, "goroutines.pb.gz"))))
}

// A run without leaks overwrites the profiles of an earlier one.
func TestProfilesOfNothing(t *testing.T) {
	dir := t.TempDir()
	_, _, code := called(lines(t, finding.Finding{Kind: "goroutine", Count: 4}), "-pprof", dir)
	require.Zero(t, code)
	stdout, _, code := called("", "-pprof", dir)
	assert.Zero(t, code)
	assert.Contains(t, stdout, ": 0 goroutines\n")
	opened(t, filepath.Join(dir, "goroutines.pb.gz"))
	opened(t, filepath.Join(dir, "heap.pb.gz"))
}

func TestProfilesThatCantBeWritten(t *testing.T) {
	_, stderr, code := called("", "-pprof", "main.go")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "main.go")
}
