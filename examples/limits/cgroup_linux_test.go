package limits_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cgroups is where the hierarchy of version 2 is mounted.
const cgroups = "/sys/fs/cgroup"

// newCgroup makes a cgroup whose processes may have so many bytes of memory. It skips
// the test where that can't be done.
func newCgroup(t *testing.T, memory int) (path string) {
	t.Helper()
	path, err := makeCgroup()
	if err != nil {
		t.Skipf("no cgroup can be made here: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, os.Remove(path)) })
	require.NoError(t, os.WriteFile(filepath.Join(path, "memory.max"), fmt.Append(nil, memory), 0))
	if swap := filepath.Join(path, "memory.swap.max"); exists(swap) {
		require.NoError(t, os.WriteFile(swap, []byte("0"), 0))
	}
	return path
}

// makeCgroup makes a cgroup in that of the process, or in the nearest one above it
// that bounds the memory of those in it. One that has processes of its own does not.
func makeCgroup() (path string, err error) {
	if !exists(filepath.Join(cgroups, "cgroup.controllers")) {
		return "", errors.New("version 2 is not mounted at " + cgroups)
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	_, own, ok := strings.Cut("\n"+string(text), "\n0::")
	if !ok {
		return "", errors.New("the process is in none of version 2")
	}
	own, _, _ = strings.Cut(own, "\n")
	for above := filepath.Join(cgroups, own); strings.HasPrefix(above, cgroups); above = filepath.Dir(above) {
		path, err := os.MkdirTemp(above, "limits-")
		if err != nil {
			return "", err
		}
		if exists(filepath.Join(path, "memory.max")) {
			return path, nil
		}
		if err := os.Remove(path); err != nil {
			return "", err
		}
	}
	return "", errors.New("no cgroup bounds the memory of those in it")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// join returns the function that has a process start in the cgroup.
func join(t *testing.T, path string) func(*exec.Cmd) {
	t.Helper()
	dir, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, dir.Close()) })
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	}
}
