package procfd_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// ownNumber returns the number of the library's own descriptor.
func ownNumber(t *testing.T) int {
	t.Helper()
	read(t)
	num := procfd.OwnNumber()
	if num < 0 {
		t.Skip("Linux before 6.2 does not count")
	}
	return num
}

func TestOwnDescriptorIsUnseen(t *testing.T) {
	num := ownNumber(t)
	assert.NotContains(t, tableNumbers(read(t)), num)
	all, err := procfd.All()
	require.NoError(t, err)
	for _, d := range all {
		assert.NotEqual(t, num, d.Num)
	}
	n, _ := procfd.Count()
	assert.Equal(t, len(numbers(t)), n, "it is not counted")

	d := procfd.Describe(num)
	assert.Equal(t, []string{"directory", fmt.Sprintf("/proc/%d/fd", os.Getpid()), "O_RDONLY|O_PATH"}, []string{string(d.Kind), d.Path, d.Flags})
	assert.True(t, procfd.Own(d))
	outside := procfd.Process(os.Getpid()).Describe([]procfd.Entry{{Num: num, ID: d.Of}})
	assert.True(t, procfd.Own(outside[0]), "it is recognised in another process")
	for _, path := range []string{"/proc/self/fd", "/proc/self/fdinfo", t.TempDir()} {
		flags := unix.O_PATH
		if path == "/proc/self/fd" {
			flags = unix.O_RDONLY
		}
		assert.False(t, procfd.Own(procfd.Describe(made(t)(unix.Open(path, flags|unix.O_CLOEXEC, 0)))), path)
	}
	assert.GreaterOrEqual(t, num, 100, "tests get the numbers that they would get without it")
	flags, err := unix.FcntlInt(uintptr(num), unix.F_GETFD, 0)
	require.NoError(t, err)
	assert.NotZero(t, flags&unix.FD_CLOEXEC, "no program that a test runs inherits it")
}

// A table that walks over the number leaves out the descriptor all the same.
func TestOwnDescriptorIsUnseenAmongMany(t *testing.T) {
	own := ownNumber(t)
	before := read(t)
	var opened []int
	for len(opened) == 0 || opened[len(opened)-1] <= own+20 {
		opened = append(opened, made(t)(unix.Dup(0)))
	}
	for range 2 { // listed, walked
		var now procfd.Table
		require.NoError(t, now.Read())
		assert.Equal(t, numbers(t), tableNumbers(&now))
		assert.Equal(t, opened, tableNumbers(&procfd.Table{Entries: procfd.Grown(nil, before, &now)}))
	}
}

func TestTestClosesOwnDescriptor(t *testing.T) {
	num := ownNumber(t)
	before := read(t)
	require.NoError(t, unix.Close(num))
	for range 2 { // it is missing, it is open again
		assert.Equal(t, tableNumbers(before), tableNumbers(read(t)))
	}
	assert.Equal(t, num, procfd.OwnNumber())
	f := open(t)
	grown := procfd.Grown(nil, before, read(t))
	require.Len(t, grown, 1)
	assert.Equal(t, int(f.Fd()), grown[0].Num)
}

// The number then belongs to the test, and what is open under it is in the tables.
func TestTestUsesNumberOfOwnDescriptor(t *testing.T) {
	for name, other := range map[string]func(t *testing.T) int{
		"a file": func(t *testing.T) int { return int(open(t).Fd()) },
		"another folder of descriptors": func(t *testing.T) int {
			return made(t)(unix.Open("/proc/self/fdinfo", unix.O_PATH|unix.O_CLOEXEC, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			num, from := ownNumber(t), other(t)
			before := read(t)
			require.NoError(t, unix.Dup3(from, num, unix.O_CLOEXEC))
			t.Cleanup(func() { _ = unix.Close(num) })
			for range 2 {
				now := read(t)
				assert.Equal(t, numbers(t), tableNumbers(now))
				assert.Equal(t, []int{num}, tableNumbers(&procfd.Table{Entries: procfd.Grown(nil, before, now)}))
				assert.NotEqual(t, num, procfd.OwnNumber())
			}
		})
	}
}

func TestReadAlone(t *testing.T) {
	dupTo(t, 251)
	table := read(t)
	for range 3 {
		require.NoError(t, table.ReadAlone())
		assert.Equal(t, numbers(t), tableNumbers(table))
		assert.True(t, table.IsCount())
		f := open(t)
		require.NoError(t, table.ReadAlone())
		assert.Contains(t, tableNumbers(table), int(f.Fd()))
		assert.Equal(t, numbers(t), tableNumbers(table))
		require.NoError(t, f.Close())
		assert.False(t, table.IsCount())
	}
}

const hidden = "PROCFD_TEST_HIDDEN"

// TestWithoutProc runs TestInChildWithoutProc in a process whose /proc is empty, or knows the process
// by another id than the process itself.
func TestWithoutProc(t *testing.T) {
	for how, flags := range map[string]uintptr{
		"hidden":             unix.CLONE_NEWNS,
		"hidden later":       unix.CLONE_NEWNS,
		"of other namespace": unix.CLONE_NEWPID,
	} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInChildWithoutProc$", "-test.v")
			cmd.Env = append(os.Environ(), hidden+"="+how)
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
			if os.Getuid() != 0 {
				cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
				cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
			}
			out, err := cmd.CombinedOutput()
			if cmd.Process == nil {
				t.Skipf("no namespace of its own: %v", err)
			}
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), "--- PASS: TestInChildWithoutProc")
		})
	}
}

func TestInChildWithoutProc(t *testing.T) {
	how := os.Getenv(hidden)
	if how == "" {
		t.Skip("only in TestWithoutProc's child")
	}
	_ = open(t) // the runtime opens its poller
	if how == "hidden later" {
		ownNumber(t)
	}
	if how == "of other namespace" {
		require.Equal(t, 1, os.Getpid())
	} else {
		require.NoError(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		require.NoError(t, unix.Mount("none", "/proc", "tmpfs", 0, ""))
		_, err := os.ReadDir("/proc/self/fd")
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	for range 2 {
		before := read(t)
		f := open(t)
		far := dupTo(t, 500)
		grown := procfd.Grown(nil, before, read(t))
		assert.Equal(t, []int{int(f.Fd()), far}, tableNumbers(&procfd.Table{Entries: grown}))
		require.NoError(t, f.Close())
		require.NoError(t, unix.Close(far))
		assert.Empty(t, procfd.Grown(nil, before, read(t)))
	}
	if n, counts := procfd.Count(); counts {
		assert.Equal(t, how != "hidden", procfd.OwnNumber() >= 0)
		assert.Len(t, read(t).Entries, n)
	}
}
