package heapprobe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
)

type Option func(*options)

type options struct {
	*plan.Plan
	max  plan.Max
	verb Verb
}

// A Verb is the function of memassert to which options are given.
type Verb int

const (
	AnyVerb   Verb = iota // of leaktest; the function is known later
	Once                  // Check and NoLeak
	NoGrowth              // runs a body again and again
	Collected             // watches objects, not sites
)

// applies reports whether an option applies to the function to which it is given. If not, it
// records an error.
func (o *options) applies(option string, verbs ...Verb) bool {
	if o.verb == AnyVerb && len(verbs) == 1 {
		o.OnlyRepeated("memassert: " + option)
	}
	if o.verb == AnyVerb || slices.Contains(verbs, o.verb) {
		return true
	}
	where := "to Check and NoLeak, which run a body once: leave it out, or call NoGrowth"
	if o.verb == Collected {
		where = "to Collected, which asserts that one object is gone: leave it out"
	}
	o.Wrong(fmt.Errorf("memassert: %s does not apply %s", option, where))
	return false
}

// option returns an option for verbs that calls set, or records the error why if wrong.
func option(name string, wrong bool, why string, set func(*options), verbs ...Verb) Option {
	return func(o *options) {
		switch {
		case !o.applies(name, verbs...):
		case wrong:
			o.Wrong(errors.New("memassert: " + why))
		default:
			set(o)
		}
	}
}

func limit(name string, n int64, set func(*plan.Max)) Option {
	why := fmt.Sprintf("%s(%d): what may be left can't be negative; 0 allows nothing", name, n)
	return option(name, n < 0, why, func(o *options) { set(&o.max) }, Once, NoGrowth)
}

func MaxObjects(n int64) Option {
	return limit("MaxObjects", n, func(m *plan.Max) { m.Objects, m.LimitsObjects = n, true })
}

func MaxBytes(n int64) Option {
	return limit("MaxBytes", n, func(m *plan.Max) { m.Bytes, m.LimitsBytes = n, true })
}

// ofSites reports whether a leak is a site's allocations. Limits apply to these, not to objects
// that a test requires to be gone.
func ofSites(l probe.Leak) bool {
	_, site := l.Resource.(*Site)
	return l.Kind == Kind && (site || l.Resource == nil)
}

func ignore(kind, name string, sites func(probe.Leak, *Site) bool) Option {
	return option(kind, false, "", func(o *options) {
		o.LeaveOut(fmt.Sprintf("memassert.%s(%q)", kind, name), func(l probe.Leak) bool {
			s, ok := l.Resource.(*Site)
			return ok && !s.tiny() && sites(l, s) // a shared block may belong to another site
		})
	}, Once, NoGrowth)
}

func wrong(format string, args ...any) Option {
	return func(o *options) { o.Wrong(fmt.Errorf(format, args...)) }
}

func IgnoreFunc(name string) Option {
	match, err := names.Matcher(name)
	if err != nil {
		return wrong("memassert: IgnoreFunc(%q) can't match any function: %w", name, err)
	}
	return ignore("IgnoreFunc", name, func(l probe.Leak, _ *Site) bool { return l.HasFunc(match) })
}

func IgnoreType(name string) Option {
	plain := strings.TrimLeft(name, "*")
	switch {
	case plain == "":
		return wrong("memassert: IgnoreType(%q): it is empty; write \"cache.Entry\", as %%T prints it", name)
	case strings.HasSuffix(plain, "*"):
		return wrong("memassert: IgnoreType(%q): a type is not a pattern; write \"cache.Entry\", as %%T prints it", name)
	case strings.Contains(plain, "/") && !strings.ContainsAny(plain, "[{("):
		return wrong("memassert: IgnoreType(%q): a type is written with the name of its package only: %q", name, plain[strings.LastIndexByte(plain, '/')+1:])
	}
	return ignore("IgnoreType", name, func(_ probe.Leak, s *Site) bool { return strings.TrimLeft(s.Type(), "*") == plain })
}

// IgnoreHeldBy filters explained leaks: only those have holders.
func IgnoreHeldBy(holders ...string) Option {
	name := fmt.Sprintf("IgnoreHeldBy(%s)", strings.Join(holders, ", "))
	if len(holders) == 0 || slices.ContainsFunc(holders, func(h string) bool { return strings.Trim(h, "* ") == "" }) {
		return wrong("memassert: %s: a name is missing; write a variable, a type or a field as a report prints it: \"server.sessions\", \"server.Cache.entries\"", name)
	}
	return option(name, false, "", func(o *options) {
		o.LeaveOut("memassert."+name, func(l probe.Leak) bool {
			return slices.ContainsFunc(l.Holders, func(held string) bool {
				return slices.ContainsFunc(holders, func(h string) bool { return strings.TrimLeft(h, "*") == strings.TrimLeft(held, "*") })
			})
		})
	}, Once, NoGrowth)
}

func Iterations(n int) Option {
	name := fmt.Sprintf("Iterations(%d)", n)
	why := fmt.Sprintf("%s: it must be %d or more, for two rounds", name, leastIterations)
	return option(name, n < leastIterations, why, func(o *options) { o.Rounds.Iterations = n }, NoGrowth)
}

func Warmup(n int) Option {
	name := fmt.Sprintf("Warmup(%d)", n)
	return option(name, n < 0, name+": it must be 0 or more", func(o *options) { o.Rounds.Warmup = n }, NoGrowth)
}

func Budget(d time.Duration) Option {
	name := fmt.Sprintf("Budget(%v)", d)
	return option(name, d <= 0, name+": it must be more than 0", func(o *options) { o.Rounds.Budget = d }, NoGrowth)
}

func Settle(d time.Duration) Option {
	return func(o *options) { o.SettleFor("memassert", d) }
}

func Plan(verb Verb, opts []Option) func() plan.Plan {
	return func() plan.Plan {
		p := plan.NewPlan()
		p.Watch(Probe{})
		apply(&p, verb, opts)
		return p
	}
}

func Apply(p *plan.Plan, opts []Option) { apply(p, AnyVerb, opts) }

func apply(p *plan.Plan, verb Verb, opts []Option) {
	o := options{Plan: p, verb: verb}
	for _, opt := range opts {
		if opt == nil {
			p.Wrong(errors.New("memassert: an Option is nil: leave it out"))
			continue
		}
		opt(&o)
	}
	if max := o.max; max != (plan.Max{}) {
		p.Rounds.Max = max
		p.Limit = append(p.Limit, func(leaks []probe.Leak) []probe.Leak {
			var left amount
			for _, l := range leaks {
				if ofSites(l) {
					left = left.plus(amount{l.N(), l.Bytes})
				}
			}
			if max.LimitsObjects && left.objects > max.Objects || max.LimitsBytes && left.bytes > max.Bytes {
				return leaks
			}
			return slices.DeleteFunc(leaks, ofSites)
		})
	}
}
