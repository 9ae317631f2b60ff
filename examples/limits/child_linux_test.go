package limits_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A limit is what a container bounds.
type limit struct {
	set    func() error      // if not nil, called in the child before the body
	attach func(c *exec.Cmd) // if not nil, called before the child is started
}

// childTest is the variable that names the test whose body a child process runs.
const childTest = "LIMITS_TEST"

// within runs the body of the test under the limit, in a child process that is this
// test again. It returns what the child has printed, and how it has ended: with nil
// if body has returned nil.
func within(t *testing.T, l limit, body func() error) (output string, err error) {
	t.Helper()
	if os.Getenv(childTest) == t.Name() {
		if l.set != nil {
			require.NoError(t, l.set())
		}
		if err := body(); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run="+only(t.Name()))
	// Two processors, as those of a container are few: each thread of the runtime takes
	// some memory. GOMEMLIMIT is a soft limit: it has the collector work harder.
	cmd.Env = append(os.Environ(), childTest+"="+t.Name(), "GOMEMLIMIT=64MiB", "GOMAXPROCS=2")
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir()) // a child that is killed removes nothing
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if l.attach != nil {
		l.attach(cmd)
	}
	err = cmd.Run()
	require.NoError(t, ctx.Err(), "the child takes too long")
	return out.String(), err
}

// only returns the pattern for -run that matches one test, or one subtest.
func only(test string) string {
	var patterns []string
	for name := range strings.SplitSeq(test, "/") {
		patterns = append(patterns, "^"+regexp.QuoteMeta(name)+"$")
	}
	return strings.Join(patterns, "/")
}

// rlimit returns the function that sets a limit of the process.
func rlimit(resource int, n uint64) func() error {
	return func() error { return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: n, Max: n}) }
}
