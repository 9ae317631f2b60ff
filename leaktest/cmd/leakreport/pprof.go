package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/leakassert/leakassert/internal/profiles"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// pprof writes heap.pb.gz and goroutines.pb.gz to a folder, which it makes, and says what is in them.
func pprof(dir string, found []finding.Finding, say io.Writer) error {
	p, err := profiles.Of(found)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	heap, goroutines := filepath.Join(dir, "heap.pb.gz"), filepath.Join(dir, "goroutines.pb.gz")
	for name, text := range map[string][]byte{heap: p.Heap, goroutines: p.Goroutines} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(say, "%s: %d objects, %d bytes; %s: %d goroutines\n", heap, p.Objects, p.Bytes, goroutines, p.Leaked)
	if p.Negative > 0 {
		fmt.Fprintf(say, "%d findings have a number below 0, which counts as 0\n", p.Negative)
	}
	return nil
}
