package faults_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/faults"
	"github.com/stretchr/testify/assert"
)

// Each fault is there in the command and not in this process.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		why    string
		fault  faults.Fault
		script string
		says   string
	}{
		{"nothing is wrong", faults.Fault{}, "read x < /proc/self/stat && (echo forks)", "^forks\n$"},
		{"no /proc", faults.NoProc, "cd /proc && echo *", `^\*\n$`},
		{"/proc is closed", faults.ClosedProc, "read x < /proc/self/stat", "Permission denied"},
		{"no process", faults.NoFork, "(true) || true", "Cannot fork|Resource temporarily unavailable"},
		{"few descriptors", faults.Descriptors(4), "exec 3< /dev/null && exec 4< /dev/null", "Bad file descriptor|Too many open files|Invalid argument"},
		{"a full disk", faults.Full(dir), "mkdir " + filepath.Join(dir, "y") + " && echo x > " + filepath.Join(dir, "x"), "I/O error|No space left on device"},
		{"an exhausted disk", faults.Exhausted(dir), "mkdir " + filepath.Join(dir, "y") + " && mkdir " + filepath.Join(dir, "z"), "z.*: No space left on device"},
		{"a disk that can't be written", faults.ReadOnly(dir), "echo x > " + filepath.Join(dir, "x"), "Read-only file system"},
	} {
		t.Run(c.why, func(t *testing.T) {
			cmd := exec.Command("/bin/sh", "-c", c.script)
			faults.Command(t, cmd, c.fault)
			cmd.Env = append(cmd.Env, "LC_ALL=C")
			out, _ := cmd.CombinedOutput()
			assert.Regexp(t, c.says, string(out))
			_, err := os.Stat("/proc/self/stat")
			assert.NoError(t, err)
		})
	}
}
