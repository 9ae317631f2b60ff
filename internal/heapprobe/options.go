package heapprobe

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
)

// An Option is an option of memassert.
type Option func(*options)

type options struct {
	*check.Plan
	max check.Max
}

// limit sets what may be left.
func limit(name string, n int64, set func(*check.Max)) Option {
	return func(o *options) {
		if n < 0 {
			o.Wrong(fmt.Errorf("memassert: %s(%d): what may be left can't be negative; 0 allows nothing", name, n))
			return
		}
		set(&o.max)
	}
}

// MaxObjects limits objects; see memassert.
func MaxObjects(n int64) Option {
	return limit("MaxObjects", n, func(m *check.Max) { m.Objects, m.LimitsObjects = n, true })
}

// MaxBytes limits bytes; see memassert.
func MaxBytes(n int64) Option {
	return limit("MaxBytes", n, func(m *check.Max) { m.Bytes, m.LimitsBytes = n, true })
}

// allows reports whether leaks are within the limits.
func allows(m check.Max, leaks []probe.Leak) bool {
	var left amount
	for _, l := range leaks {
		if l.Kind == Kind {
			left = left.plus(amount{l.N(), l.Bytes})
		}
	}
	return (!m.LimitsObjects || left.objects <= m.Objects) && (!m.LimitsBytes || left.bytes <= m.Bytes)
}

// ignore leaves out sites.
func ignore(sites func(probe.Leak, *Site) bool) Option {
	return func(o *options) {
		o.Sift = append(o.Sift, func(leaks []probe.Leak) []probe.Leak {
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool {
				s, ok := l.Resource.(*Site)
				return ok && sites(l, s)
			})
		})
	}
}

func wrong(format string, args ...any) Option {
	return func(o *options) { o.Wrong(fmt.Errorf(format, args...)) }
}

// IgnoreFunc leaves out what a function allocates; see memassert.
func IgnoreFunc(name string) Option {
	match, err := check.FuncName(name)
	if err != nil {
		return wrong("memassert: IgnoreFunc(%q) can't match any function: %w", name, err)
	}
	return ignore(func(l probe.Leak, _ *Site) bool { return l.HasFunc(match) })
}

// IgnoreType leaves out what is allocated of a type; see memassert.
func IgnoreType(name string) Option {
	plain := strings.TrimLeft(name, "*")
	switch {
	case plain == "":
		return wrong("memassert: IgnoreType(%q): it is empty; write \"cache.Entry\", as %%T prints it", name)
	case strings.Contains(plain, "/") && !strings.ContainsAny(plain, "[{("):
		return wrong("memassert: IgnoreType(%q): a type is written with the name of its package only: %q", name, plain[strings.LastIndexByte(plain, '/')+1:])
	}
	return ignore(func(_ probe.Leak, s *Site) bool { return strings.TrimLeft(s.Type(), "*") == plain })
}

// Iterations sets how often a clean body is run; see memassert.
func Iterations(n int) Option {
	return func(o *options) {
		if n < leastIterations {
			o.Wrong(errors.New("memassert: Iterations(" + strconv.Itoa(n) + "): two rounds take " + strconv.Itoa(leastIterations) + " or more"))
			return
		}
		o.Rounds.Iterations = n
	}
}

// Warmup sets how often a body is run before it counts; see memassert.
func Warmup(n int) Option {
	return func(o *options) {
		if n < 0 {
			o.Wrong(fmt.Errorf("memassert: Warmup(%d): it is a number of iterations, 0 or more", n))
			return
		}
		o.Rounds.Warmup = n
	}
}

// Budget sets how long a clean body is run; see memassert.
func Budget(d time.Duration) Option {
	return func(o *options) {
		if d <= 0 {
			o.Wrong(fmt.Errorf("memassert: Budget(%v): a body needs some time to run", d))
			return
		}
		o.Rounds.Budget = d
	}
}

// Settle sets the settle time.
func Settle(d time.Duration) Option {
	return func(o *options) { o.SettleFor("memassert", d) }
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
	o := options{Plan: p}
	for _, opt := range opts {
		if opt == nil {
			p.Wrong(errors.New("memassert: an Option is nil: leave it out"))
			continue
		}
		opt(&o)
	}
	if max := o.max; max != (check.Max{}) {
		p.Rounds.Max = max
		p.Limit = append(p.Limit, func(leaks []probe.Leak) []probe.Leak {
			if !allows(max, leaks) {
				return leaks
			}
			return slices.DeleteFunc(leaks, func(l probe.Leak) bool { return l.Kind == Kind })
		})
	}
}
