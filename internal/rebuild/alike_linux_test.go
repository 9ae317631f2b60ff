package rebuild

import (
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Processes that run alike have the same hashes. Others do not.
func TestRunAlike(t *testing.T) {
	const variable = "LEAKASSERT_HASHES_TO"
	if file := os.Getenv(variable); file != "" {
		// The seed is the same in all processes: the runtime's keys make the hash differ.
		seed := *(*maphash.Seed)(unsafe.Pointer(&[]uint64{7}[0]))
		require.NoError(t, os.WriteFile(file, fmt.Append(nil, maphash.String(seed, "key")), 0o600))
		return
	}
	hash := func(run func(*exec.Cmd)) string {
		file := t.TempDir() + "/hash"
		c := exec.Command(os.Args[0], "-test.run=^TestRunAlike$")
		c.Env = append(os.Environ(), variable+"="+file)
		run(c)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	alike := func(c *exec.Cmd) {
		not, err := RunAlike(c, time.Minute)
		require.NoError(t, not)
		require.NoError(t, err)
	}
	first := hash(alike)
	for range 3 {
		assert.Equal(t, first, hash(alike))
	}
	assert.NotEqual(t, first, hash(func(c *exec.Cmd) { require.NoError(t, Run(c, time.Minute)) }))
}

// A program that can't be started, one that fails and one that takes too long are reported as by Run.
func TestRunAlikeFails(t *testing.T) {
	_, err := RunAlike(exec.Command("/nonexistent/program"), time.Minute)
	assert.ErrorIs(t, err, os.ErrNotExist)
	var out strings.Builder
	c := exec.Command("/bin/sh", "-c", "echo out; exit 3")
	c.Stdout = &out
	_, err = RunAlike(c, time.Minute)
	exit := (*exec.ExitError)(nil)
	require.True(t, errors.As(err, &exit), err)
	assert.Equal(t, 3, exit.ExitCode())
	assert.Equal(t, "out\n", out.String())
	_, err = RunAlike(exec.Command("/bin/sleep", "60"), 50*time.Millisecond)
	late := (*TimeoutError)(nil)
	assert.True(t, errors.As(err, &late), err)
}
