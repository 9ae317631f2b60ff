package wrap_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/long"
)

// TestDriver runs the driver's test with and without the tool, under flags that change what the compiler gets: results, sizes, lines and file names are the same,
// and the points that were passed have names.
func TestDriver(t *testing.T) {
	dir := module(t)
	for _, flags := range []string{"", "-race", "-cover", "-race -cover", "-trimpath -tags=special"} {
		t.Run(flags, func(t *testing.T) {
			if flags != "" {
				long.Full(t)
			}
			args := append([]string{"test", "-mod=mod", "-vet=off", "-count=1", "-v"}, strings.Fields(flags)...)
			tool := counting(t)
			plain, err := run(t, dir, tool, "", append(args, ".")...) // the folder of sites is there, and empty
			if err != nil {
				t.Fatalf("without the tool: %v\n%s", err, plain)
			}
			rewritten, err := run(t, dir, tool, "counting", append(append(args, tool.Flags(driver)...), ".")...)
			if err != nil {
				t.Fatalf("with the tool: %v\n%s", err, rewritten)
			}
			if same := lines(plain, "SAME"); len(same) < 5 || cmp.Diff(same, lines(rewritten, "SAME")) != "" {
				t.Errorf("output (-plain +rewritten):\n%s", cmp.Diff(same, lines(rewritten, "SAME")))
			}
			if points := lines(plain, "POINT"); len(points) > 0 {
				t.Errorf("without the tool: %v", points)
			}
			var got []string
			for _, point := range lines(rewritten, "POINT") {
				fields := strings.Fields(point)
				got = append(got, strings.Join(fields[4:], " "))
				if base := filepath.Base(fields[2]); !strings.HasPrefix(base, "table") {
					t.Errorf("point in file %q", base)
				}
			}
			for _, want := range []string{"New go", "(*Table).drain range", "(*Table).drain close", "(*Table).Load RLock", "(*Table).Load RUnlock", "(*Table).Load Load",
				"(*Table).Load Store", "(*Table).Store Lock", "(*Table).Store Unlock", "(*Table).Store AddUint64", "(*Table).Store select", "(*Table).Close receive",
				"(*Table).Close Gosched", "(*Table).Close Sleep", "TestTable go", "TestTable Wait"} {
				if !slices.Contains(got, want) {
					t.Errorf("no point %q in %q", want, got)
				}
			}
			want := []string{driver + " table.go:75 Load: go:nosplit", driver + "_test points_test.go:19 range: " + instrument.Chance}
			if diff := cmp.Diff(want, left(t, tool)); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}
