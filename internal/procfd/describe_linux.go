package procfd

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// moreFlags leaves out O_LARGEFILE, which everything has, and O_DIRECTORY, which Kind shows.
var moreFlags = []flag{
	{unix.O_DSYNC, "O_DSYNC"}, // part of O_SYNC
	{unix.O_DIRECT, "O_DIRECT"},
	{unix.O_NOATIME, "O_NOATIME"},
	{unix.O_PATH, "O_PATH"},
	{unix.O_TMPFILE, "O_TMPFILE"},
}

// describeName reads the link in /proc/self/fd. Its text is a path, or the kernel's name for what
// has no path.
func (d *FD) describeName(st *unix.Stat_t) {
	d.name(directory, st, func() bool {
		_, err := unix.FcntlInt(uintptr(d.Num), unix.F_GET_SEALS, 0)
		return err == nil // a deleted file has no seals
	})
}

// name reads the link in a process's folder of descriptors. It calls sealed for a descriptor whose
// name and links are those of a memfd.
func (d *FD) name(directory string, st *unix.Stat_t, sealed func() bool) {
	text, err := os.Readlink(directory + "/" + strconv.Itoa(d.Num))
	if err != nil {
		d.missing("path", err)
		return
	}
	d.Path = text
	if name := anonymous(text); name != "" {
		if d.Kind = Kind(name); name == "eventpoll" { // people know the others by the kernel's names
			d.Kind = KindEpoll
		}
		return
	}
	if !strings.HasPrefix(text, "/") {
		if d.Kind == KindFile && strings.Contains(text, ":[") {
			d.Kind = KindNamespace // "net:[4026531833]"
		}
		return // "pipe:[7]", "socket:[7]": the kind shows it already
	}
	path, marked := strings.CutSuffix(text, " (deleted)")
	if name, ok := strings.CutPrefix(path, "/memfd:"); ok && st.Nlink == 0 && sealed() {
		d.Kind, d.Path = KindMemfd, "memfd:"+name
		return
	}
	if marked && isDeleted(text, st) {
		d.Path, d.Deleted = path, true
	}
	if d.Kind == KindDevice {
		d.detail(fmt.Sprintf("device %d:%d", unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev))))
	}
}

// anonymous cuts the name out of "anon_inode:[eventfd]" and "anon_inode:inotify".
func anonymous(text string) (name string) {
	if name, ok := strings.CutPrefix(text, "anon_inode:"); ok {
		return strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	return ""
}

// isDeleted reports whether "(deleted)" is the kernel's mark and not the end of a file's name. A
// file with other links is deleted if its marked name is not the name of the same file.
func isDeleted(text string, st *unix.Stat_t) bool {
	var named unix.Stat_t
	err := unix.Lstat(text, &named)
	return st.Nlink == 0 || err == unix.ENOENT || err == unix.ENOTDIR || err == nil && idOf(&named) != idOf(st)
}

// describeAnonymous adds the details of a descriptor that stands for no file.
func (d *FD) describeAnonymous() {
	switch d.Kind {
	case KindTimerfd:
		d.describeTimer()
	case KindPidfd:
		d.describeProcess()
	case KindEventfd, KindEpoll, KindSignalfd, KindInotify, KindFanotify:
		d.describeFdinfo(d.fdinfo())
	}
}

func (d *FD) describeFdinfo(info fdinfo) {
	switch {
	case info == nil:
	case d.Kind == KindEventfd:
		if n, err := strconv.ParseUint(cmp.Or(info["eventfd-count"]...), 16, 64); err == nil {
			d.detail(fmt.Sprint("count ", n))
		}
	case d.Kind == KindEpoll:
		d.detail("watches " + watched(info.targets()))
	case d.Kind == KindSignalfd:
		mask, _ := strconv.ParseUint(cmp.Or(info["sigmask"]...), 16, 64)
		d.detail("signals " + signalNames(mask))
	default:
		marks := slices.Concat(info["inotify wd"], info["fanotify ino"], info["fanotify mnt_id"], info["fanotify sdev"])
		d.detail(fmt.Sprintf("watches: %d", len(marks)))
	}
}

// fdinfo holds the lines of /proc/self/fdinfo: the values after the colon by the name before it.
// Documentation/filesystems/proc.rst describes the formats.
type fdinfo map[string][]string

// fdinfo returns nil if it can't be read. It uses a descriptor while it reads.
func (d *FD) fdinfo() fdinfo {
	return d.fdinfoIn("/proc/self/fdinfo")
}

func (d *FD) fdinfoIn(directory string) fdinfo {
	ours.Lock()
	text, err := os.ReadFile(directory + "/" + strconv.Itoa(d.Num))
	ours.Unlock()
	if err != nil {
		d.missing("fdinfo", err)
		return nil
	}
	return parseFdinfo(string(text))
}

func parseFdinfo(text string) fdinfo {
	info := make(fdinfo)
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		info[key] = append(info[key], strings.TrimSpace(value))
	}
	return info
}

// targets returns the descriptors that an epoll watches.
func (info fdinfo) targets() (nums []int) {
	for _, value := range info["tfd"] {
		target, _, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(target, 10, 31); err == nil {
			nums = append(nums, int(n))
		}
	}
	return nums
}

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

// describeProcess says whose process it is. It asks waitid whether a child has ended, without
// reaping the child. waitid needs no descriptor.
func (d *FD) describeProcess() {
	process := "process"
	switch pid, err := strconv.Atoi(cmp.Or(d.fdinfo()["Pid"]...)); {
	case err == nil && pid == -1:
		d.detail("process has ended and was waited for")
		return
	case pid > 0: // 0 is a process of another PID namespace
		process += " " + strconv.Itoa(pid)
	}
	const pPidfd = 3 // P_PIDFD, since Linux 5.4
	var child unix.Siginfo
	err := unix.Waitid(pPidfd, d.Num, &child, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	switch {
	case err != nil: // it is not a child of this process
	case child.Signo == int32(unix.SIGCHLD):
		process += zombie
	default:
		process += stillRuns
	}
	if process != "process" {
		d.detail(process)
	}
}

const (
	zombie    = " (zombie: never waited for)"
	stillRuns = " (a child that still runs: not waited for)"
)

// ChildNow brings the detail about a child process up to date, also if the pidfd is closed by now: a child
// that nobody waits for keeps its number.
func (d *FD) ChildNow() {
	for i, phrase := range d.Detail {
		process, is := strings.CutSuffix(phrase, stillRuns)
		pid, err := strconv.Atoi(strings.TrimPrefix(process, "process "))
		if !is || err != nil {
			continue
		}
		var child unix.Siginfo
		if unix.Waitid(unix.P_PID, pid, &child, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) == nil && child.Signo == int32(unix.SIGCHLD) {
			d.Detail = slices.Clone(d.Detail)
			d.Detail[i] = process + zombie
		}
	}
}

// signalNames spells a mask whose lowest bit is signal 1.
func signalNames(mask uint64) string {
	var names []string
	for n := 1; mask != 0; mask, n = mask>>1, n+1 {
		if mask&1 != 0 {
			names = append(names, cmp.Or(unix.SignalName(syscall.Signal(n)), fmt.Sprintf("signal %d", n)))
		}
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// watched lists descriptors in order, as many as fit on a line.
func watched(nums []int) string {
	const most = 16
	slices.Sort(nums)
	nums = slices.Compact(nums)
	if len(nums) > most {
		return fmt.Sprintf("%s and %d more", list(nums[:most]), len(nums)-most)
	}
	return cmp.Or(list(nums), "nothing")
}
