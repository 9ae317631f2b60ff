//go:build unix

package program

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParsePS(t *testing.T) {
	born := uint64(time.Date(2026, 11, 7, 13, 56, 32, 0, time.Local).Unix())
	for _, c := range []struct {
		why, line string
		want      process
		ok        bool
	}{
		{"as usual", " 4711   1  4700 Ss+  Sat Nov  7 13:56:32 2026 sleep 3600\n", process{pid: 4711, parent: 1, group: 4700, state: 'S', birth: born, name: "sleep 3600"}, true},
		{"no words", "4711 1 4700 Z Sat Nov  7 13:56:32 2026", process{pid: 4711, parent: 1, group: 4700, state: 'Z', birth: born}, true},
		{"the day first", "4711 1 4700 Z Sat 7 Nov 13:56:32 2026 a", process{}, false},
		{"empty", "\n", process{}, false},
		{"a heading", "PID PPID PGID STAT A B C D E COMMAND", process{}, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, ok := parsePS(c.line)
			assert.Equal(t, c.ok, ok)
			if ok {
				assert.Equal(t, c.want, got)
			}
		})
	}
}

// ps shows a process that has ended and that nobody has waited for.
func TestList(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("ps is not installed")
	}
	cmd := exec.Command("sh", "-c", "sleep 0 & exec sleep 60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var zombie process
	require.Eventually(t, func() bool {
		all, err := list("-A")
		require.NoError(t, err)
		for _, q := range all {
			if q.parent == cmd.Process.Pid {
				zombie = q
			}
		}
		return zombie.ended()
	}, time.Minute, time.Millisecond)
	assert.Equal(t, cmd.Process.Pid, zombie.group)
	one, err := list("-p", strconv.Itoa(os.Getpid()))
	require.NoError(t, err)
	require.Len(t, one, 1)
	assert.Equal(t, os.Getppid(), one[0].parent)
	_, err = list("-p", "999999999")
	assert.ErrorContains(t, err, "ps does not list them")
}
