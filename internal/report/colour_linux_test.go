package report_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal opens a terminal that nobody looks at.
func terminal(t *testing.T) *os.File {
	owner, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { owner.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(owner.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(owner.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	tty, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { tty.Close() })
	return tty
}

func TestFor(t *testing.T) {
	const text = "TestA leaked: 1 fd\n\nfd         +1\n    opened       f  a.go:1\n                 f()\n                 ^\n    usual cause  close it\n\n+ open"
	const coloured = "\x1b[1mTestA leaked: 1 fd\x1b[0m\n\nfd         +1\n    opened       f  a.go:1\n                 f()\n" +
		"                 \x1b[31m^\x1b[0m\n    usual cause  \x1b[33mclose it\x1b[0m\n\n+ open"
	json := flag.Lookup("test.v").Value.String() == "test2json" // nobody sees colours there
	tty := terminal(t)
	file, err := os.Create(t.TempDir() + "/log")
	require.NoError(t, err)
	defer file.Close()
	for _, c := range []struct {
		why  string
		out  *os.File
		env  map[string]string
		want string
	}{
		{"a terminal", tty, nil, coloured},
		{"a file", file, nil, text},
		{"a file that wants colours", file, map[string]string{"FORCE_COLOR": "1"}, coloured},
		{"a file that wants colours, by the other name", file, map[string]string{"CLICOLOR_FORCE": "1"}, coloured},
		{"a file, no force", file, map[string]string{"FORCE_COLOR": "0"}, text},
		{"a terminal without colours", tty, map[string]string{"NO_COLOR": "1"}, text},
		{"none wins", tty, map[string]string{"NO_COLOR": "1", "FORCE_COLOR": "1"}, text},
		{"a terminal that has none", tty, map[string]string{"TERM": "dumb"}, text},
	} {
		t.Run(c.why, func(t *testing.T) {
			for _, name := range []string{"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"} {
				t.Setenv(name, "")
			}
			t.Setenv("TERM", "xterm")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			if json {
				c.want = text
			}
			assert.Equal(t, c.want, report.For(c.out, text))
		})
	}
	t.Setenv("FORCE_COLOR", "1")
	assert.Equal(t, "note: nothing leaks", report.For(tty, "note: nothing leaks"))
}
