package wrap_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/long"
)

// TestSemantics runs statements of every kind with and without rewriting, as old and as new versions of the language: loops have one variable before Go 1.22,
// and calls of generic helpers need Go 1.18.
func TestSemantics(t *testing.T) {
	long.Builds(t)
	source, err := os.ReadFile("testdata/semantics/semantics_test.go")
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{}
	versions := []string{"1.21", "1.22"}
	if long.IsFull() {
		versions = append(versions, "1.13", "1.17", "1.26.0")
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "semantics_test.go"), string(source))
			write(t, filepath.Join(dir, "go.mod"), "module example.com/semantics\n\ngo "+version+"\n")
			tool := counting(t)
			args := []string{"test", "-vet=off", "-count=1", "-v"}
			plain, err := run(t, dir, nil, "", args...)
			if err != nil {
				t.Fatalf("without the tool: %v\n%s", err, plain)
			}
			rewritten, err := run(t, dir, tool, "alone", append(args, tool.Flags("example.com/...")...)...)
			if err != nil {
				t.Fatalf("with the tool: %v\n%s", err, rewritten)
			}
			if diff := cmp.Diff(said(plain), said(rewritten)); diff != "" || len(said(plain)) < 20 {
				t.Errorf("output (-plain +rewritten):\n%s", diff)
			}
			sites, err := instrument.ReadSites(tool.Sites)
			if err != nil || sites.Len() < 30 {
				t.Errorf("%d sites, %v; left: %q", sites.Len(), err, left(t, tool))
			}
			outputs[version] = plain
		})
	}
	if cmp.Diff(said(outputs["1.21"]), said(outputs["1.22"])) == "" {
		t.Error("the versions do not differ")
	}
}
