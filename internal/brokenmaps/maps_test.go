//go:build !go1.27

package brokenmaps

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// budget is what a broken map is given; a fault that is found ends it.
const budget = 20 * time.Second

var all = flag.Bool("all", false, "drive all maps, which takes minutes, and not only those whose fault shows within the default budget")

// soon are the versions whose fault the default budget finds.
var soon = []string{"xsync v1.0.2", "xsync v1.5.2", "hashmap v1.0.8", "haxmap v1.2.0", "haxmap v1.4.1", "gg skipmap v1.1.0"}

// TestBroken holds that the driver finds the bug of each version, and none where it
// is mended. Each is driven in a process of its own: some never end.
func TestBroken(t *testing.T) {
	if name := os.Getenv("BROKENMAP"); name != "" {
		drive(t, name)
		return
	}
	for _, c := range Cases {
		if !*all && !slices.Contains(soon, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			if runtime.NumCPU() < c.Processors {
				t.Skipf("it takes %d processors: %s", c.Processors, c.Bug)
			}
			out, failed := child(t, c.Name)
			assert.True(t, failed, "%s\n%s", c.Bug, out)
			assert.Contains(t, out, "mapfuzz: ", c.Bug)
			t.Log(out)
		})
	}
	t.Run("xsync mended", func(t *testing.T) {
		out, failed := child(t, mended)
		assert.False(t, failed, out)
	})
}

const mended = "mended"

// drive drives one map, in a child process.
func drive(t *testing.T, name string) {
	if name == mended {
		mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return newXsync() })
		return
	}
	for _, c := range Cases {
		if c.Name != name {
			continue
		}
		opts := []mapfuzz.Option{mapfuzz.Budget(budget)}
		if name == "concurrent-swiss-map v1.0.6" { // it promises that
			opts = append(opts, mapfuzz.RangeAllowsWrites())
		}
		mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return c.New() }, opts...)
	}
}

func child(t *testing.T, name string) (output string, failed bool) {
	ctx, cancel := context.WithTimeout(t.Context(), budget+40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestBroken$")
	cmd.Env = append(os.Environ(), "BROKENMAP="+name)
	out, err := cmd.CombinedOutput()
	return string(out), err != nil
}
