package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// profiles writes heap.pb.gz and goroutines.pb.gz to a folder, which it makes, and says what is in
// them.
func profiles(dir string, found []finding.Finding, say io.Writer) error {
	heap := newBuilder([2]string{"inuse_objects", "count"}, [2]string{"inuse_space", "bytes"})
	goroutines := newBuilder([2]string{"goroutine", "count"})
	negative := 0
	for _, f := range found {
		if f.Count < 0 || f.Bytes < 0 { // pprof would add it to the total
			negative++
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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, b := range map[string]*builder{"heap.pb.gz": heap, "goroutines.pb.gz": goroutines} {
		if err := b.write(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	fmt.Fprintf(say, "%s: %d objects, %d bytes; %s: %d goroutines\n",
		filepath.Join(dir, "heap.pb.gz"), heap.totals[0], heap.totals[1], filepath.Join(dir, "goroutines.pb.gz"), goroutines.totals[0])
	if negative > 0 {
		fmt.Fprintf(say, "%d findings have a number below 0, which counts as 0\n", negative)
	}
	return nil
}

// firstStack returns the stack of a finding, as far as it is known: its place, or its text.
func firstStack(f finding.Finding) finding.Stack {
	if len(f.Stacks) > 0 && f.Stacks[0].Kind == f.Kind && len(f.Stacks[0].Frames) > 0 {
		return f.Stacks[0]
	}
	at := cmp.Or(f.Place, f.CreatedBy)
	if at == nil || at.Func == "" {
		at = &finding.Frame{Func: shown(cmp.Or(f.Text, f.Fingerprint, "not known"))}
	}
	return finding.Stack{Kind: f.Kind, Frames: []finding.Frame{*at}, CreatedBy: f.CreatedBy}
}
