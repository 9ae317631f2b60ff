package fdassert

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// An Option narrows what is reported. leaktest.FDs takes the same options.
type Option = fdprobe.Option

// IgnorePath leaves out descriptors by path. The pattern is one of [path.Match]. It is compared
// with the whole path and with the path as reports print it. A pattern without a slash, such as
// "*.log", is compared with the last element of the path. A pattern that ends in "/..." stands
// for everything below a folder. A pipe has the name that the system gives it, "pipe:[4711]".
func IgnorePath(pattern string) Option {
	dir, below := strings.CutSuffix(pattern, "/...")
	_, malformed := path.Match(dir, "x")
	switch {
	case pattern == "":
		return wrong("IgnorePath(%q): the pattern is empty; write \"/var/log/*.log\"", pattern)
	case malformed != nil:
		return wrong("IgnorePath(%q): the pattern is malformed: a [ needs its ], and a \\ needs a character after it", pattern)
	case below && dir == "":
		return wrong("IgnorePath(%q): that would be every file; name a folder", pattern)
	}
	matches := func(file string) bool {
		if below {
			for at := path.Dir(file); len(at) > 1; at = path.Dir(at) {
				if ok, _ := path.Match(dir, at); ok {
					return true
				}
			}
			return false
		}
		if !strings.Contains(pattern, "/") {
			file = filepath.Base(file)
		}
		ok, _ := path.Match(pattern, file)
		return ok
	}
	return leaveOut(fmt.Sprintf("fdassert.IgnorePath(%q)", pattern), func(d procfd.FD) bool {
		return matches(d.Path) || matches(names.Path(d.Path))
	})
}

// IgnoreKind leaves out descriptors of some kinds. [IgnoreSockets] leaves out sockets of
// every kind.
func IgnoreKind(kinds ...Kind) Option {
	known := []Kind{
		File, Directory, Symlink, Device, Pipe, TCP, UDP, Unix, Netlink, Packet, Vsock, Socket, Eventfd, Epoll,
		Timerfd, Signalfd, Inotify, Fanotify, Memfd, Pidfd, Userfaultfd, IOUring, Namespace, Kqueue, Unknown,
	}
	for _, k := range kinds {
		switch {
		case !slices.Contains(known, k):
			return wrong("IgnoreKind(%q): there is no such kind; the kinds are %s", k, strings.Trim(strings.ReplaceAll(fmt.Sprint(known), " ", ", "), "[]"))
		case k == Socket:
			return wrong("IgnoreKind(%q): that is only a socket of an unknown family; write IgnoreSockets() for all, or IgnoreKind(\"tcp\")", k)
		}
	}
	return Ignore(func(d FD) bool { return slices.Contains(kinds, d.Kind) })
}

// IgnoreSockets leaves out sockets of every kind.
func IgnoreSockets() Option {
	return Ignore(func(d FD) bool { return slices.Contains(procfd.Sockets, procfd.Kind(d.Kind)) })
}

// Ignore leaves out the descriptors for which ignore returns true. It is called only for
// descriptors that were left open. A descriptor that the garbage collector has closed before
// the test ended can't be described any more; with this option, or one that ignores by path or
// kind, such descriptors are left out, too. ignore runs for 2 s at most. If it panics, blocks
// or ends its goroutine, it leaves nothing out.
func Ignore(ignore func(FD) bool) Option {
	if ignore == nil {
		return wrong("Ignore(nil): pass a function that says which descriptors to leave out")
	}
	return leaveOut("fdassert.Ignore(…)", func(d procfd.FD) bool { return ignore(describe(d)) })
}

// AllowForgotten leaves out descriptors that only the garbage collector closes.
func AllowForgotten() Option {
	return func(p *plan.Plan) {
		p.LeaveOut("fdassert.AllowForgotten()", func(l probe.Leak) bool { return l.Kind == fdprobe.Kind && l.Forgotten })
		p.Collect = true
	}
}

// Settle sets how long a check waits for leaks to go away; by default 2s. With 0 the
// check looks once. A clean check does not wait.
func Settle(d time.Duration) Option {
	return func(p *plan.Plan) { p.SettleFor("fdassert", d) }
}

func leaveOut(option string, ignore func(procfd.FD) bool) Option {
	return func(p *plan.Plan) {
		p.LeaveOut(option, func(l probe.Leak) bool {
			d, ok := l.Resource.(procfd.FD)
			return ok && ignore(d) || l.Kind == fdprobe.Kind && !ok // what was collected unseen may be one to ignore
		})
	}
}

// wrong is an option that can't be obeyed.
func wrong(format string, args ...any) Option {
	return func(p *plan.Plan) { p.Wrong(fmt.Errorf("fdassert: "+format, args...)) }
}
