//go:build !go1.27

package brokenmaps

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// budget is what a broken map is given; a fault that is found ends it.
const budget = 20 * time.Second

var all = flag.Bool("all", false, "drive all maps, which takes minutes, and not only those whose fault shows soon, beside other work too")

// soon are the versions whose fault the default budget finds, also beside other work.
var soon = []string{"xsync v1.0.2", "xsync v1.5.2", "hashmap v1.0.8", "haxmap v1.2.0", "haxmap v1.4.1"}

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
			// It is a matter of chance whether the fault shows, beside other work, and which: once its
			// Len is below zero, hashmap v1.0.8 doubles its index within a millisecond until the
			// runtime has no memory left and ends the process, before anything can look.
			found, out := false, ""
			for tries := 0; tries < 4 && !found; tries++ {
				var failed bool
				out, failed = child(t, c.Name)
				found = failed && strings.Contains(out, "mapfuzz: ")
			}
			assert.True(t, found, "%s\n%s", c.Bug, out)
			t.Log(out)
		})
	}
	t.Run("xsync mended", func(t *testing.T) {
		out, failed := child(t, mended)
		assert.False(t, failed, out)
	})
	t.Run("concurrent-swiss-map mended", func(t *testing.T) {
		if raceEnabled {
			t.Skip("go test runs it: a schedule takes a hundred times as long")
		}
		out, failed := child(t, collide, "LEAKTEST=explore")
		assert.False(t, failed, out)
		assert.Contains(t, out, ": all hashes equal: ")
	})
}

const (
	mended  = "mended"
	collide = "collide" // a map without a fault whose keys collide when it is explored
)

// drive drives one map, in a child process.
func drive(t *testing.T, name string) {
	if name == mended {
		mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return newXsync() })
		return
	}
	if name == collide {
		mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return newSwiss() }, mapfuzz.Budget(4*time.Second))
		return
	}
	for _, c := range Cases {
		if c.Name != name {
			continue
		}
		opts := []mapfuzz.Option{mapfuzz.Budget(budget)}
		if os.Getenv("LEAKTEST") != "" { // exploring: with any load, xsync v3.0.1 needs 50 000 schedules
			opts[0] = mapfuzz.Budget(3 * budget)
		}
		if seed, err := strconv.ParseUint(os.Getenv("BROKENSEED"), 10, 64); err == nil {
			opts = append(opts, mapfuzz.Seed(seed))
		}
		if name == "concurrent-swiss-map v1.0.6" { // it promises that
			opts = append(opts, mapfuzz.RangeAllowsWrites())
		}
		mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return c.New() }, opts...)
	}
}

// TestExplored holds that exploring finds the bug of each version, on two processors and with any seed, and that
// the schedule that it prints shows the bug again in another process.
func TestExplored(t *testing.T) {
	if os.Getenv("BROKENMAP") != "" {
		return
	}
	for _, c := range Cases {
		if raceEnabled && !*all && !slices.Contains(soonExplored, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			for seed := range *seeds {
				out, failed := child(t, c.Name, "LEAKTEST=explore", "BROKENSEED="+strconv.Itoa(seed))
				assert.True(t, failed && strings.Contains(out, "(explored: "), "%s\n%s", c.Bug, out)
				t.Log(after.FindString(out))
				if word := token.FindStringSubmatch(out); assert.NotNil(t, word, out) {
					for range *replays {
						again, failed := child(t, c.Name, "LEAKTEST="+word[1], "BROKENSEED="+strconv.Itoa(seed))
						assert.True(t, failed && strings.Contains(again, "(replayed)"), again)
					}
				}
				if testing.Verbose() && seed == 0 {
					t.Log(out)
				}
			}
		})
	}
}

// soonExplored are some of the versions whose fault shows soon under the race detector, too, where a
// schedule takes a hundred times as long.
var soonExplored = []string{"hashmap v1.0.0", "gg skipmap v1.1.0"}

var (
	seeds   = flag.Int("seeds", 1, "with how many seeds each map is explored")
	replays = flag.Int("replays", 1, "how often a schedule that is found is played again, each time in another process")

	token = regexp.MustCompile(`LEAKTEST=(replay=\S+)`)
	after = regexp.MustCompile(`found after .*`)
)

func child(t *testing.T, name string, env ...string) (output string, failed bool) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*budget+100*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestBroken$", "-test.v")
	cmd.Env = append(append(os.Environ(), "BROKENMAP="+name), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err != nil
}
