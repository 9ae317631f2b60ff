package machine_test

import (
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stdFile is a file of the standard library as this binary names it.
func stdFile() string {
	gc := runtime.FuncForPC(reflect.ValueOf(runtime.GC).Pointer())
	file, _ := gc.FileLine(gc.Entry())
	return file
}

// Everything that a leak and its report say is in the line.
func TestFindingHasEverything(t *testing.T) {
	at := here()
	std := probe.Frame{Func: "runtime.GC", File: stdFile(), Line: 1}
	part := probe.Leak{Kind: "goroutine", Count: 2, Columns: []string{"IO wait"}, Frames: []probe.Frame{std}, CreatedBy: at}
	leak := probe.Leak{
		Kind: "fd", Count: 2, Bytes: 7, Unit: "descriptor", Names: []string{"7", "9"}, Columns: []string{"tcp", "a → b"},
		Evidence: []probe.Evidence{
			{Label: "opened", Columns: names.Call(at)}, {Label: "held by", Columns: []string{"pkg.a", "b"}, Way: []probe.Step{{Text: "pkg.a", Retained: 9}, {Text: "  b"}}}, {Label: "kept by", Columns: []string{"pkg.c"}},
			{Label: "suspect", Columns: []string{"pkg.cache", "map"}}, {Columns: []string{"and more"}},
		},
		Proven: true, Forgotten: true, Tests: []string{"TestB", "TestA"}, Stray: true,
		Frames: []probe.Frame{std, at}, Parts: []probe.Leak{part},
		Growth:   &probe.Growth{PerUnit: 1, BytesPerUnit: 2, Units: 3, Rounds: []int64{4, 5}, Heap: []probe.HeapRound{{Iterations: 6, Objects: 7, Bytes: 8}}},
		Retained: 10,
		Changes:  []probe.Change{{Name: "7", After: "tcp"}},
	}
	file := filepath.Join(t.TempDir(), "leaks.json")
	r := report.Report{Subject: "TestX", Program: "server", Leaks: []probe.Leak{leak}, Notes: []string{"a note"}, Grows: "run"}
	test := probe.Frame{Func: "example.org/x.TestX", File: "/elsewhere/x_test.go", Line: 4}
	machine.Publish(machine.Exit{JSON: file, Test: "TestX", Place: test, Warned: true}, r, "TestX leaked\n\nfd")
	got, err := read(t, file)
	require.NoError(t, err)
	require.Len(t, got, 1)

	frame := finding.Frame{Func: at.Func, File: "internal/machine/finding_test.go", Line: at.Line, InModule: true}
	gc := finding.Frame{Func: "runtime.GC", File: "runtime/mgc.go", Line: 1}
	want := finding.Finding{
		Version: 1, Kind: "fd", Fingerprint: fingerprint.Of(leak),
		Test: "TestX", Program: "server", Tests: []string{"TestA", "TestB"}, SeenDuring: true, Warned: true,
		Package: "github.com/leakassert/leakassert/internal/machine", Module: "github.com/leakassert/leakassert", Root: names.ModuleRoot(),
		Place: &frame, TestPlace: &finding.Frame{Func: "example.org/x.TestX", File: "/elsewhere/x_test.go", Line: 4},
		Stacks: []finding.Stack{
			{Kind: "fd", Frames: []finding.Frame{gc, frame}},
			{Kind: "goroutine", Text: "goroutine  +2  IO wait", Count: 2, Frames: []finding.Frame{gc}, CreatedBy: &frame},
		},
		Opener: &frame, Holder: []string{"pkg.a  b", "pkg.c"}, Suspect: "pkg.cache", Retained: 10,
		Ways:    []finding.Way{{Steps: []finding.Step{{Text: "pkg.a", Retained: 9}, {Text: "  b"}}}},
		Columns: leak.Columns, Names: leak.Names,
		Count: 2, Unit: "descriptor", Bytes: 7, Proven: true, Forgotten: true,
		Grows: "run", Growth: &finding.Growth{PerUnit: 1, BytesPerUnit: 2, Units: 3, Rounds: []int64{4, 5}, Heap: []finding.HeapRound{{Iterations: 6, Objects: 7, Bytes: 8}}},
		Changes: []finding.Change{{Name: "7", After: "tcp"}},
		Notes:   []string{"a note"}, Text: "fd  +2 goroutines, 2 descriptors  +7 B  7, 9 tcp  a → b", Heading: "TestX leaked",
	}
	for _, e := range leak.Evidence {
		want.Evidence = append(want.Evidence, finding.Evidence{Label: e.Label, Columns: e.Columns})
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	missing := reflect.ValueOf(got[0])
	for i := range missing.NumField() {
		if name := missing.Type().Field(i).Name; name != "CreatedBy" && name != "Cause" {
			assert.False(t, missing.Field(i).IsZero(), "%s is in no finding", name)
		}
	}
}

// A number that JSON does not have costs the growth, not the finding.
func TestFindingWithoutANumber(t *testing.T) {
	f := found(t, probe.Leak{Kind: "heap", Growth: &probe.Growth{PerUnit: math.NaN()}})
	assert.Nil(t, f.Growth)
	assert.Equal(t, "heap", f.Unit)
	assert.EqualValues(t, 1, f.Count)
}

// A container that holds leaks of several places is the suspect in the line itself.
func TestFindingOfASuspect(t *testing.T) {
	f := found(t, probe.Leak{Kind: "heap", Unit: "object", Columns: []string{"suspect", "pkg.cache", "sync.Map"}})
	assert.Equal(t, "pkg.cache", f.Suspect)
}

// The usual cause is in the line, too.
func TestFindingHasItsCause(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.json")
	leak := probe.Leak{Kind: "goroutine", Columns: []string{"chan receive (nil chan)"}, Frames: []probe.Frame{here()}}
	machine.Publish(machine.Exit{JSON: file, Test: "TestX"}, report.Report{Subject: "TestX", Leaks: []probe.Leak{leak}}, "TestX leaked")
	got, err := read(t, file)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "the channel is nil: make it before it is used", got[0].Cause)
}
