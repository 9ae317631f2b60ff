package instrument_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestSmall holds that this package, which test binaries link, links none of what rewrites sources.
func TestSmall(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "os/exec") {
		t.Error(deps)
	}
	for _, dep := range deps {
		if strings.HasPrefix(dep, "go/") || strings.Contains(dep, "instrument/") || strings.Contains(dep, "/explore") {
			t.Errorf("links %s", dep)
		}
	}
}
