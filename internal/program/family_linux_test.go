package program

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	const tail = " 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 54321 1000 2000"
	for _, c := range []struct {
		why, text string
		want      process
		ok        bool
	}{
		{"as usual", "4711 (sh) S" + tail, process{pid: 1, parent: 7, group: 8, session: 9, state: 'S', birth: 54321, name: "sh"}, true},
		{"a name may be like what follows it", "4711 (a) S 1 (b)) Z" + tail, process{pid: 1, parent: 7, group: 8, session: 9, state: 'Z', birth: 54321, name: "a) S 1 (b)"}, true},
		{"empty", "", process{}, false},
		{"cut", "4711 (sh) S 7 8", process{}, false},
		{"parentheses the other way round", ")(" + tail, process{}, false},
		{"no name", "4711 sh S" + tail, process{}, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, ok := parseStat(1, c.text)
			assert.Equal(t, c.ok, ok)
			if ok {
				assert.Equal(t, c.want, got)
			}
		})
	}
}

// This process is among all, and has the environment that it was started with.
func TestProcesses(t *testing.T) {
	all, err := processes()
	require.NoError(t, err)
	for _, q := range all {
		if q.pid == os.Getpid() {
			assert.Equal(t, os.Getppid(), q.parent)
			assert.Equal(t, birth(q.pid), q.birth)
			assert.Contains(t, q.command(), os.Args[0][:10])
			assert.True(t, hasMark(q.pid, "PATH="+os.Getenv("PATH")))
			assert.False(t, hasMark(q.pid, "PATH="+os.Getenv("PATH")[1:]))
			return
		}
	}
	t.Error("this process is not listed")
}

// Both ways to list what this process has started agree.
func TestBelow(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & echo; wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	_, err = bufio.NewReader(out).ReadString('\n') // sleep has been forked
	require.NoError(t, err)

	listed, err := below(cmd.Process.Pid)
	require.NoError(t, err)
	require.Len(t, listed, 1)
	assert.Equal(t, cmd.Process.Pid, listed[0].parent)

	all, err := processes()
	require.NoError(t, err)
	var ids []int
	for _, q := range all {
		if q.parent == cmd.Process.Pid {
			ids = append(ids, q.pid)
		}
	}
	assert.Equal(t, []int{listed[0].pid}, ids)
	none, err := below(1 << 30)
	assert.NoError(t, err)
	assert.Empty(t, none)
}
