//go:build unix

package stress

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// command is the command under test, which is this binary.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "GODEBUG=")
	return cmd
}

func TestEachSettingHasALine(t *testing.T) {
	out, err := command("-k", "1", "-set", "plain,BAD=7,GODEBUG=x=1", "--", "sh", "-c", `echo "it is $BAD"; test -z "$BAD"`).Output()
	assert.ErrorContains(t, err, "exit status 1")
	assert.Regexp(t, `^ok    plain +\S+\nFAIL  BAD=7 +\S+: exit status 1\nit is 7\n\nok    GODEBUG=x=1 +\S+\n1 of 3 settings failed\n$`, string(out))

	out, err = command("-k", "1", "-set", "plain", "-timeout", "10ms", "--", "sleep", "600").Output()
	assert.Error(t, err)
	assert.Contains(t, string(out), "not over after 10ms")
}

func TestArrange(t *testing.T) {
	t.Setenv("GODEBUG", "a=1")
	command := []string{"go", "test", "./x", "-run", "X"}
	for setting, want := range map[string][]string{
		"plain":       command,
		"race":        {"go", "test", "-race", "./x", "-run", "X"},
		"GOGC=10":     {"go", "test", "-exec=env GOGC=10", "./x", "-run", "X"},
		"GODEBUG=b=2": {"go", "test", "-exec=env GODEBUG=a=1,b=2", "./x", "-run", "X"},
	} {
		args, env := arrange(setting, command)
		assert.Equal(t, want, args)
		assert.Empty(t, env)
	}
	args, _ := arrange("race", []string{"go", "test", "-C", "sub", "./x"})
	assert.Equal(t, []string{"go", "test", "-C", "sub", "-race", "./x"}, args)
	assert.Contains(t, all(), "GOMAXPROCS=16")
}

// Neither the busy threads nor the command outlive an interrupt, nor whoever has
// started stress. All of them hold the pipe open.
func TestNothingStays(t *testing.T) {
	start := func(t *testing.T, through ...string) (cmd *exec.Cmd, ended *os.File) {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		defer w.Close()
		file := filepath.Join(t.TempDir(), "runs")
		require.NoError(t, syscall.Mkfifo(file, 0o600))
		cmd = command("-k", "2", "-set", "plain", "--", "sh", "-c", `echo >"$0"; exec sleep 600`, file)
		cmd.Args = append(through, cmd.Args...)
		if len(through) > 0 {
			cmd.Path, err = exec.LookPath(through[0])
			require.NoError(t, err)
		}
		cmd.ExtraFiles = []*os.File{w}
		require.NoError(t, cmd.Start())
		_, err = os.ReadFile(file) // waits until the command runs
		require.NoError(t, err)
		return cmd, r
	}
	for name, end := range map[string]os.Signal{"interrupt": os.Interrupt, "terminate": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			cmd, ended := start(t)
			require.NoError(t, cmd.Process.Signal(end))
			_, err := io.ReadAll(ended)
			assert.NoError(t, err)
			assert.Error(t, cmd.Wait())
		})
	}
	t.Run("orphan", func(t *testing.T) {
		cmd, ended := start(t, "sh", "-c", `"$0" "$@"; :`)
		require.NoError(t, cmd.Process.Kill())
		_, err := io.ReadAll(ended)
		assert.NoError(t, err)
		assert.Error(t, cmd.Wait())
	})
}
