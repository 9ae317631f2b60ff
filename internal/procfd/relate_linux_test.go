package procfd_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// detail finds a descriptor's details among all.
func detail(t testing.TB, num int) []string {
	t.Helper()
	all, err := procfd.All()
	require.NoError(t, err)
	i := slices.IndexFunc(all, func(d procfd.FD) bool { return d.Num == num })
	require.GreaterOrEqual(t, i, 0)
	return all[i].Detail
}

func otherEnd(num int) []string { return []string{fmt.Sprintf("other end: %d", num)} }

func TestAllRelatesPipes(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	reader, writer := number(t, r), number(t, w)
	assert.Equal(t, otherEnd(writer), detail(t, reader))
	assert.Equal(t, otherEnd(reader), detail(t, writer))

	second := made(t)(unix.Dup(writer))
	assert.Equal(t, []string{fmt.Sprintf("other end: %d, %d", writer, second)}, detail(t, reader))
	assert.Equal(t, otherEnd(reader), detail(t, second), "and not the other writer")

	require.NoError(t, unix.Close(second))
	require.NoError(t, w.Close())
	assert.Equal(t, []string{"other end: closed"}, detail(t, reader))
}

func TestDescribePipeWithoutReader(t *testing.T) {
	var ends [2]int
	require.NoError(t, unix.Pipe2(ends[:], unix.O_CLOEXEC))
	defer func() { _ = unix.Close(ends[1]) }()
	require.NoError(t, unix.Close(ends[0]))
	d := procfd.Describe(ends[1])
	assert.Equal(t, procfd.KindPipe, d.Kind)
	assert.Regexp(t, `^pipe:\[\d+\]$`, d.Path)
	assert.Equal(t, "O_WRONLY", d.Flags)
	assert.Zero(t, d.Mode)
	assert.Equal(t, []string{"other end: closed"}, d.Detail)
}

func TestAllRelatesTCP(t *testing.T) {
	listener, client, server, _, _ := connection(t, "tcp4", "127.0.0.1:0")
	assert.Empty(t, detail(t, listener))
	assert.Equal(t, otherEnd(server), detail(t, client))
	assert.Equal(t, otherEnd(client), detail(t, server))
}

func TestAllRelatesUnix(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _, _ = unix.Close(fds[0]), unix.Close(fds[1]) }()
	if details := detail(t, fds[0]); len(details) == 0 {
		t.Skip("the kernel has no unix_diag")
	}
	assert.Equal(t, otherEnd(fds[1]), detail(t, fds[0]))
	assert.Equal(t, otherEnd(fds[0]), detail(t, fds[1]))
}

// TestAllLeavesNothingOpen covers the descriptors that describing takes.
func TestAllLeavesNothingOpen(t *testing.T) {
	made(t)(unix.EpollCreate1(0))
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	made(t)(fds[0], nil)
	made(t)(fds[1], nil)
	before := numbers(t)
	all, err := procfd.All()
	require.NoError(t, err)
	var nums []int
	for _, d := range all {
		nums = append(nums, d.Num)
		assert.NotContains(t, d.Path, "/fd", "our own directory is not listed")
	}
	assert.Equal(t, before, nums)
	assert.Equal(t, before, numbers(t))
}
