// Package profiles makes profiles of findings for go tool pprof.
package profiles

import (
	"cmp"
	"fmt"

	"github.com/google/pprof/profile"
	"github.com/leakassert/leakassert/internal/page"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// Profiles are those of the findings of a run.
type Profiles struct {
	// Heap has the live objects and bytes of heap findings, Goroutines the leaked goroutines, as the
	// files that go tool pprof reads.
	Heap, Goroutines []byte
	// Totals of the profiles.
	Objects, Bytes, Leaked int64
	// Negative is how many findings have a number below 0, which counts as 0: pprof would add it to the
	// total.
	Negative int
}

// Of returns the profiles of findings. A finding without a stack counts at its place or, if that is
// not known either, at a function with the text of the finding.
func Of(found []finding.Finding) (p Profiles, err error) {
	heap := newBuilder(profile.ValueType{Type: "inuse_objects", Unit: "count"}, profile.ValueType{Type: "inuse_space", Unit: "bytes"})
	goroutines := newBuilder(profile.ValueType{Type: "goroutine", Unit: "count"})
	for _, f := range found {
		if f.Count < 0 || f.Bytes < 0 {
			p.Negative++
			f.Count, f.Bytes = max(f.Count, 0), max(f.Bytes, 0)
		}
		if f.Kind == "heap" {
			heap.add(f, firstStack(f), f.Count, f.Bytes)
		}
		if f.Kind == "goroutine" {
			goroutines.add(f, firstStack(f), f.Count)
			continue
		}
		for _, s := range f.Stacks {
			if s.Kind == "goroutine" { // it serves a leaked connection
				goroutines.add(f, s, max(s.Count, 1))
			}
		}
	}
	p.Objects, p.Bytes, p.Leaked = heap.totals[0], heap.totals[1], goroutines.totals[0]
	if p.Heap, err = heap.packed(); err != nil {
		return p, fmt.Errorf("the profile of the heap: %w", err)
	}
	if p.Goroutines, err = goroutines.packed(); err != nil {
		return p, fmt.Errorf("the profile of goroutines: %w", err)
	}
	return p, nil
}

// firstStack returns the stack of a finding, as far as it is known: its place, or its text.
func firstStack(f finding.Finding) finding.Stack {
	if len(f.Stacks) > 0 && f.Stacks[0].Kind == f.Kind && len(f.Stacks[0].Frames) > 0 {
		return f.Stacks[0]
	}
	at := cmp.Or(f.Place, f.CreatedBy)
	if at == nil || at.Func == "" {
		at = &finding.Frame{Func: page.Printable(cmp.Or(f.Text, f.Fingerprint, "not known"))}
	}
	return finding.Stack{Kind: f.Kind, Frames: []finding.Frame{*at}, CreatedBy: f.CreatedBy}
}
