package procfd_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

const atLimit = "PROCFD_TEST_AT_LIMIT"

// TestAtLimit runs TestInChildAtLimit in a process of its own, since the limit
// is the process's.
func TestAtLimit(t *testing.T) {
	for _, layout := range []string{"dense", "sparse"} {
		t.Run(layout, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInChildAtLimit$", "-test.v")
			cmd.Env = append(os.Environ(), atLimit+"="+layout)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), "--- PASS: TestInChildAtLimit")
		})
	}
}

func TestInChildAtLimit(t *testing.T) {
	layout := os.Getenv(atLimit)
	if layout == "" {
		t.Skip("only in TestAtLimit's child")
	}
	const limit, far = 64, 1500
	if layout == "sparse" {
		dupTo(t, far) // above the limit from then on
	}
	var before procfd.Table
	require.NoError(t, before.Read())

	epoll := made(t)(unix.EpollCreate1(0))
	_, client, server, addr, from := connection(t, "tcp4", "127.0.0.1:0")
	file := int(open(t).Fd())
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}))
	for {
		num, err := unix.Dup(0)
		if err == unix.EMFILE {
			break
		}
		made(t)(num, err)
	}
	_, err := os.Open(os.DevNull)
	require.ErrorIs(t, err, unix.EMFILE)

	var want []int
	for num := range limit {
		want = append(want, num)
	}
	for _, num := range tableNumbers(&before) {
		if num >= limit {
			want = append(want, num) // an inherited one too
		}
	}
	var now procfd.Table
	require.NoError(t, now.Read())
	assert.Equal(t, want, tableNumbers(&now))
	assert.Len(t, procfd.Grown(nil, &before, &now), len(now.Entries)-len(before.Entries))

	all, err := procfd.All()
	require.NoError(t, err)
	require.Len(t, all, len(want))
	byNumber := func(num int) procfd.FD {
		return all[slices.IndexFunc(all, func(d procfd.FD) bool { return d.Num == num })]
	}
	d := byNumber(client)
	assert.Equal(t, []string{from, addr, "ESTABLISHED"}, []string{d.Local, d.Remote, d.State})
	assert.Equal(t, []string{fmt.Sprint("other end: ", server)}, d.Detail)
	assert.Empty(t, d.Missing)
	d = byNumber(file)
	assert.Equal(t, procfd.KindFile, d.Kind)
	assert.NotEmpty(t, d.Path)
	assert.Empty(t, d.Missing)
	d = byNumber(epoll)
	assert.Equal(t, procfd.KindEpoll, d.Kind)
	assert.Empty(t, d.Detail)
	assert.Equal(t, []string{"fdinfo: too many open files"}, d.Missing)
}
