package fdprobe

import (
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// An Option is an option of fdassert.
type Option func(*check.Plan)

// Ignore leaves out the descriptors for which ignore returns true.
func Ignore(ignore func(procfd.FD) bool) Option {
	return func(p *check.Plan) {
		if ignore == nil {
			p.Wrong(errors.New("fdassert: Ignore(nil): pass a function that says which descriptors to leave out"))
			return
		}
		p.Sift = append(p.Sift, func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool {
				d, ok := l.Resource.(procfd.FD)
				return ok && ignore(d)
			})
		})
	}
}

// IgnorePath leaves out descriptors by path; see fdassert.
func IgnorePath(pattern string) Option {
	wrong := func(why string) Option {
		return func(p *check.Plan) {
			p.Wrong(errors.New("fdassert: IgnorePath(" + strconv.Quote(pattern) + "): " + why))
		}
	}
	if pattern == "" {
		return wrong(`the pattern is empty; write "/var/log/*.log"`)
	}
	dir, below := strings.CutSuffix(pattern, "/...")
	if _, err := path.Match(dir, "x"); err != nil {
		return wrong("the pattern is malformed: a [ needs its ], and \\ something to escape")
	}
	if below && dir == "" {
		return wrong("that would be every file; name a folder")
	}
	return Ignore(func(d procfd.FD) bool {
		if below {
			for at := d.Path; len(at) > 1; at = path.Dir(at) {
				if ok, _ := path.Match(dir, at); ok && at != d.Path {
					return true
				}
			}
			return false
		}
		name := d.Path
		if !strings.Contains(pattern, "/") {
			name = filepath.Base(name)
		}
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// IgnoreKind leaves out descriptors by kind; see fdassert.
func IgnoreKind(kinds []procfd.Kind) Option {
	return func(p *check.Plan) {
		for _, k := range kinds {
			if !slices.Contains(known, k) {
				names := make([]string, len(known))
				for i, k := range known {
					names[i] = string(k)
				}
				p.Wrong(errors.New("fdassert: IgnoreKind(" + strconv.Quote(string(k)) + "): no such kind; there are " + strings.Join(names, ", ")))
				return
			}
		}
		Ignore(func(d procfd.FD) bool { return slices.Contains(kinds, d.Kind) })(p)
	}
}

// known are the kinds that can be ignored.
var known = []procfd.Kind{
	procfd.KindFile, procfd.KindDirectory, procfd.KindSymlink, procfd.KindDevice, procfd.KindPipe, procfd.KindTCP, procfd.KindUDP,
	procfd.KindUnix, procfd.KindNetlink, procfd.KindPacket, procfd.KindVsock, procfd.KindSocket, procfd.KindEventfd, procfd.KindEpoll,
	procfd.KindTimerfd, procfd.KindSignalfd, procfd.KindInotify, procfd.KindFanotify, procfd.KindMemfd, procfd.KindPidfd,
	procfd.KindUserfaultfd, procfd.KindIOUring, procfd.KindNamespace, procfd.KindKqueue, procfd.KindUnknown,
}

// sockets are the kinds that are sockets.
var sockets = []procfd.Kind{
	procfd.KindTCP, procfd.KindUDP, procfd.KindUnix, procfd.KindNetlink, procfd.KindPacket, procfd.KindVsock, procfd.KindSocket,
}

// IgnoreSockets leaves out sockets.
func IgnoreSockets() Option { return IgnoreKind(sockets) }

// AllowForgotten leaves out what the garbage collector closes.
func AllowForgotten() Option {
	return func(p *check.Plan) {
		p.Sift = append(p.Sift, func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool { return l.Forgotten })
		})
		p.Collect = true
	}
}

// Settle sets the settle time.
func Settle(d time.Duration) Option {
	return func(p *check.Plan) { p.SettleFor("fdassert", d) }
}

// Plan puts options together.
func Plan(opts []Option) func() check.Plan {
	return func() check.Plan {
		p := check.NewPlan()
		p.Watch(Probe{})
		Apply(&p, opts)
		return p
	}
}

// Apply adds options to a plan.
func Apply(p *check.Plan, opts []Option) {
	for _, o := range opts {
		if o == nil {
			p.Wrong(errors.New("fdassert: an Option is nil: leave it out"))
			continue
		}
		o(p)
	}
}
