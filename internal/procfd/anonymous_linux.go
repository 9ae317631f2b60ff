package procfd

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// describeAnonymous adds the details of what stands for no file.
func (d *FD) describeAnonymous() {
	switch d.Kind {
	case KindTimerfd:
		d.describeTimer()
	case KindPidfd:
		d.describeProcess()
	case KindEventfd, KindEpoll, KindSignalfd, KindInotify, KindFanotify:
		info, err := readFdinfo(d.Num)
		if err != nil {
			d.missing("fdinfo", err)
			return
		}
		d.describeFdinfo(info)
	}
}

func (d *FD) describeFdinfo(info fdinfo) {
	switch d.Kind {
	case KindEventfd:
		if info.hasCount {
			d.detail("count " + strconv.FormatUint(info.counter, 10))
		}
	case KindEpoll:
		d.detail("watches " + numbers(info.targets))
	case KindSignalfd:
		d.detail("signals " + signalNames(info.sigmask))
	case KindInotify, KindFanotify:
		d.detail(fmt.Sprintf("watches: %d", info.marks))
	}
}

// describeTimer asks the timer itself.
func (d *FD) describeTimer() {
	var at unix.ItimerSpec
	if err := unix.TimerfdGettime(d.Num, &at); err != nil {
		d.missing("timer", err)
		return
	}
	next, every := time.Duration(at.Value.Nano()), time.Duration(at.Interval.Nano())
	switch {
	case next == 0:
		d.detail("disarmed")
	case every == 0:
		d.detail("expires in " + next.Round(time.Millisecond).String())
	default:
		d.detail(fmt.Sprintf("expires in %v, then every %v", next.Round(time.Millisecond), every))
	}
}

// describeProcess tells whose process it is. Whether a child has ended and is
// waited for is asked of waitid, which can leave it so, and needs no
// descriptor.
func (d *FD) describeProcess() {
	const pPidfd = 3 // P_PIDFD, since Linux 5.4
	var child unix.Siginfo
	err := unix.Waitid(pPidfd, d.Num, &child, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	ours := err == nil // an error says that it is no child of this process
	zombie := ours && child.Signo == int32(unix.SIGCHLD)

	process := "process"
	info, err := readFdinfo(d.Num)
	switch {
	case err != nil:
		d.missing("fdinfo", err)
	case info.hasPid && info.pid == -1:
		d.detail("process has ended and was waited for")
		return
	case info.hasPid && info.pid > 0: // 0 is a process of another PID namespace
		process += " " + strconv.Itoa(info.pid)
	}
	switch {
	case zombie:
		process += " (zombie: never waited for)"
	case ours:
		process += " (a child that still runs: not waited for)"
	}
	if process != "process" {
		d.detail(process)
	}
}

// signalNames spells a mask whose lowest bit is signal 1.
func signalNames(mask uint64) string {
	if mask == 0 {
		return "none"
	}
	var names []string
	for ; mask != 0; mask &= mask - 1 {
		n := bits.TrailingZeros64(mask) + 1
		name := unix.SignalName(syscall.Signal(n))
		if name == "" {
			name = fmt.Sprintf("signal %d", n)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// numbers lists descriptors in order, as many as fit into a line.
func numbers(nums []int) string {
	const most = 16
	if len(nums) == 0 {
		return "nothing"
	}
	nums = slices.Compact(slices.Sorted(slices.Values(nums)))
	var b strings.Builder
	for i, n := range nums {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(nums)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
