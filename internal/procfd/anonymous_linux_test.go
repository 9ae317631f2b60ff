package procfd_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

func TestDescribeAnonymous(t *testing.T) {
	tests := []struct {
		name string
		open func(t testing.TB) int
		want procfd.FD
	}{{
		"eventfd",
		func(t testing.TB) int { return made(t)(unix.Eventfd(26, unix.EFD_NONBLOCK)) },
		procfd.FD{
			Kind: procfd.KindEventfd, Path: "anon_inode:[eventfd]",
			Flags: "O_RDWR|O_NONBLOCK", Detail: []string{"count 26"},
		},
	}, {
		"epoll of nothing",
		func(t testing.TB) int { return made(t)(unix.EpollCreate1(0)) },
		procfd.FD{
			Kind: procfd.KindEpoll, Path: "anon_inode:[eventpoll]",
			Flags: "O_RDWR", Detail: []string{"watches nothing"},
		},
	}, {
		"timer, disarmed",
		func(t testing.TB) int { return made(t)(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, 0)) },
		procfd.FD{
			Kind: procfd.KindTimerfd, Path: "anon_inode:[timerfd]",
			Flags: "O_RDWR", Detail: []string{"disarmed"},
		},
	}, {
		"signals",
		func(t testing.TB) int {
			var set unix.Sigset_t
			set.Val[0] = 1<<(unix.SIGUSR1-1) | 1<<(unix.SIGWINCH-1)
			return made(t)(unix.Signalfd(-1, &set, 0))
		},
		procfd.FD{
			Kind: procfd.KindSignalfd, Path: "anon_inode:[signalfd]",
			Flags: "O_RDWR", Detail: []string{"signals SIGUSR1, SIGWINCH"},
		},
	}, {
		"inotify",
		func(t testing.TB) int {
			num := made(t)(unix.InotifyInit1(0))
			for range 2 {
				_, err := unix.InotifyAddWatch(num, t.TempDir(), unix.IN_CREATE)
				require.NoError(t, err)
			}
			return num
		},
		procfd.FD{
			Kind: procfd.KindInotify, Path: "anon_inode:inotify",
			Flags: "O_RDONLY", Detail: []string{"watches: 2"},
		},
	}, {
		"memfd",
		func(t testing.TB) int { return made(t)(unix.MemfdCreate("cache", 0)) },
		procfd.FD{Kind: procfd.KindMemfd, Path: "memfd:cache", Flags: "O_RDWR"},
	}, {
		"namespace",
		func(t testing.TB) int { return made(t)(unix.Open("/proc/self/ns/net", unix.O_RDONLY, 0)) },
		procfd.FD{Kind: procfd.KindNamespace, Path: linkText(t, "/proc/self/ns/net"), Flags: "O_RDONLY"},
	}, {
		"userfaultfd",
		func(t testing.TB) int {
			num, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, 1 /* UFFD_USER_MODE_ONLY */, 0, 0)
			if errno != 0 {
				t.Skip(errno)
			}
			return made(t)(int(num), nil)
		},
		procfd.FD{Kind: "userfaultfd", Path: "anon_inode:[userfaultfd]", Flags: "O_RDONLY"},
	}, {
		"fanotify",
		func(t testing.TB) int { return made(t)(unix.FanotifyInit(0, 0)) },
		procfd.FD{
			Kind: procfd.KindFanotify, Path: "anon_inode:[fanotify]",
			Flags: "O_RDWR", Detail: []string{"watches: 0"},
		},
	}, {
		"of another sort",
		func(t testing.TB) int {
			attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK}
			num, err := unix.PerfEventOpen(&attr, 0, -1, -1, 0)
			if err != nil {
				t.Skip(err)
			}
			return made(t)(num, nil)
		},
		procfd.FD{Kind: "perf_event", Path: "anon_inode:[perf_event]", Flags: "O_RDWR"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { isDescribed(t, tt.open(t), tt.want) })
	}
}

func linkText(t testing.TB, path string) string {
	text, err := os.Readlink(path)
	require.NoError(t, err)
	return text
}

func TestDescribeEpoll(t *testing.T) {
	epoll := made(t)(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
	low, high := made(t)(unix.Eventfd(0, 0)), made(t)(unix.Eventfd(0, 0))
	for _, num := range []int{high, low} {
		require.NoError(t, unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, num, &unix.EpollEvent{Events: unix.EPOLLIN}))
	}
	assert.Equal(t, []string{fmt.Sprintf("watches %d, %d", low, high)}, procfd.Describe(epoll).Detail)

	for range 20 {
		num := made(t)(unix.Eventfd(0, 0))
		require.NoError(t, unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, num, &unix.EpollEvent{Events: unix.EPOLLIN}))
	}
	assert.Regexp(t, `^watches (\d+, ){15}\d+ and 6 more$`, procfd.Describe(epoll).Detail[0])
}

func TestDescribeTimer(t *testing.T) {
	num := made(t)(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, 0))
	arm := func(spec unix.ItimerSpec) string {
		require.NoError(t, unix.TimerfdSettime(num, 0, &spec, nil))
		detail := procfd.Describe(num).Detail
		require.Len(t, detail, 1)
		return detail[0]
	}
	hour := unix.NsecToTimespec(int64(time.Hour))
	second := unix.NsecToTimespec(int64(time.Second))
	assert.Regexp(t, `^expires in (1h0m0s|59m\d+(\.\d+)?s)$`, arm(unix.ItimerSpec{Value: hour}))
	assert.Regexp(t, `^expires in (1h0m0s|59m\d+(\.\d+)?s), then every 1s$`, arm(unix.ItimerSpec{Value: hour, Interval: second}))
}

func TestDescribeProcess(t *testing.T) {
	cmd := exec.Command("cat")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	num := made(t)(unix.PidfdOpen(cmd.Process.Pid, 0))
	process := fmt.Sprintf("process %d", cmd.Process.Pid)
	isDescribed(t, num, procfd.FD{
		Kind: procfd.KindPidfd, Path: "anon_inode:[pidfd]", Flags: "O_RDWR", Detail: []string{process + " (a child that still runs: not waited for)"},
	})

	early := procfd.Describe(num)
	early.ChildNow()
	assert.Equal(t, []string{process + " (a child that still runs: not waited for)"}, early.Detail)

	require.NoError(t, stdin.Close())
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(num), Events: unix.POLLIN}}, -1) // until it has ended
	require.NoError(t, err)
	for range 2 { // looking must not wait for it
		assert.Equal(t, []string{process + " (zombie: never waited for)"}, procfd.Describe(num).Detail)
		early.ChildNow()
		assert.Equal(t, []string{process + " (zombie: never waited for)"}, early.Detail)
	}

	require.NoError(t, cmd.Wait())
	assert.Equal(t, []string{"process has ended and was waited for"}, procfd.Describe(num).Detail)
}
