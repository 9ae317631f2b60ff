package leaktest

import (
	"errors"
	"fmt"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/poolprobe"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/program"
	"github.com/leakassert/leakassert/memassert"
	"go.uber.org/goleak"
)

// An Option says what a check watches, or how. Options add up. If two options set the same
// thing, the later one holds.
type Option interface{ apply(*plan.Plan) }

type option func(*plan.Plan)

func (o option) apply(p *plan.Plan) { o(p) }

// planOf puts options together. A check watches goroutines, descriptors, more, and what options add.
func planOf(opts []Option, more ...probe.Probe) func() plan.Plan {
	return func() plan.Plan {
		p := plan.NewPlan()
		p.Probes = make([]probe.Probe, 0, 4)
		p.Watch(goprobe.Probe{})
		p.Watch(fdprobe.Probe{})
		for _, q := range more {
			p.Watch(q)
		}
		for _, o := range opts {
			if o == nil {
				p.Wrong(errors.New("leaktest: an Option is nil: leave it out"))
				continue
			}
			o.apply(&p)
		}
		if len(p.Only) > 0 {
			p.Restrict("leaktest: Only", p.Only)
		}
		return p
	}
}

// The kinds of resources that checks watch. See [Only].
const (
	KindGoroutine = goprobe.Kind   // "goroutine"
	KindFD        = fdprobe.Kind   // "fd"
	KindHeap      = heapprobe.Kind // "heap"
	KindPool      = poolprobe.Kind // "pool"
	KindProcess   = program.Kind   // "process", of [Command] only
)

// Only restricts a check to some of the kinds that it watches: [KindGoroutine], [KindFD],
// [KindHeap], [KindPool], for [Command] [KindProcess], or the Kind of a probe given to [With]. Without Only a check
// watches goroutines, descriptors, and the kinds that other options add. A kind that the
// check does not watch is an error.
func Only(kinds ...string) Option {
	return option(func(p *plan.Plan) {
		if len(kinds) == 0 {
			p.Wrong(errors.New("leaktest: Only(): name the kinds to watch, or leave the option out"))
			return
		}
		p.Only = append(p.Only, kinds...)
	})
}

// Goroutines takes goleak's options for goroutines, which every check watches. goleak itself
// decides what its options ignore; its built-in exceptions do not apply. goleak expects the name
// that the linker gives a function: "gopkg.in/yaml%2ev3.Unmarshal". The function of
// [goleak.Cleanup] is called with 0 after a check, and instead of [os.Exit] at the end of [Main].
func Goroutines(opts ...goleak.Option) Option {
	return option(func(p *plan.Plan) {
		p.Watch(goprobe.Probe{})
		if len(opts) == 0 {
			return
		}
		p.Local = append(p.Local, "leaktest.Goroutines(…)")
		ask := goprobe.AskGoleak(opts)
		if ask.Cleanup != nil {
			p.Cleanup = ask.Cleanup
		}
		if ask.Note != "" {
			p.Watch(goprobe.Note{Text: ask.Note})
		}
		p.Keep("", ask.Sift)
	})
}

// FDs takes fdassert's options for file descriptors, which every check watches. They do not
// change what a check reports of other kinds.
func FDs(opts ...fdassert.Option) Option {
	return option(func(p *plan.Plan) {
		p.Watch(fdprobe.Probe{})
		fdprobe.Apply(p, opts)
	})
}

// Heap adds the heap. A check then also reports objects that the test has allocated and that
// are still live at its end, as [memassert.Check] does. [NoGrowth] then also reports what
// grows with every iteration, as [memassert.NoGrowth] does.
func Heap(opts ...memassert.Option) Option {
	return option(func(p *plan.Plan) {
		p.Watch(heapprobe.Probe{})
		heapprobe.Apply(p, opts)
	})
}

// A Pool is a [poolassert.Pool]. The interface is written out because importing that package also
// imports go-cmp, and initializing it takes a test process 0.5 ms.
//
// [poolassert.Pool]: https://pkg.go.dev/github.com/leakassert/leakassert/poolassert#Pool
type Pool = interface {
	Name() string
	Stats() poolprobe.Stats
}

// Pools adds pools. A pool must not have more in use at the end than at the start, see
// [github.com/leakassert/leakassert/poolassert.Check].
func Pools(pools ...Pool) Option {
	return option(func(p *plan.Plan) { poolprobe.Apply(p, name, pools) })
}

// Everything watches goroutines, descriptors, the heap and the given pools. It costs what
// [Heap] costs.
func Everything(pools ...Pool) Option {
	return option(func(p *plan.Plan) {
		for _, o := range []Option{Goroutines(), FDs(), Heap(), Pools(pools...)} {
			o.apply(p)
		}
	})
}

// With adds a resource of the user's own: child processes, temporary files, entries in a
// global registry. The example of [Probe] shows one.
func With(q Probe) Option {
	return option(func(p *plan.Plan) {
		if q == nil {
			p.Wrong(errors.New("leaktest: With(nil): pass the probe, or leave the option out"))
			return
		}
		p.Watch(foreign{q})
	})
}

// Settle sets how long a check waits for leaks to go away; by default 2s. With 0 the check looks
// once. A check does not wait if it finds nothing, or if all that it finds is proven. After a check
// has waited in vain for the leaks of one place, later checks wait 200 ms for leaks of that place.
// LEAKTEST=settle=500ms sets the time for all checks.
func Settle(d time.Duration) Option {
	return option(func(p *plan.Plan) { p.SettleFor(name, d) })
}

// Idle sets a function that closes what is kept for later use, such as the
// CloseIdleConnections of an [http.Client]. A check that has found something calls it while
// it settles, so that idle connections are no leak. The function may run for 2 s. The idle
// connections of [http.DefaultTransport] are closed without this option.
func Idle(closeIdle func()) Option {
	return option(func(p *plan.Plan) {
		if closeIdle == nil {
			p.Wrong(errors.New("leaktest: Idle(nil): pass a function, such as client.CloseIdleConnections"))
			return
		}
		p.Idle = append(p.Idle, closeIdle)
	})
}

// Ignore leaves out the leaks for which ignore returns true. A check calls ignore only if it has
// found something, for each leak each time it looks. ignore sees what is known of the leak at that
// time, such as the whole stack of a goroutine. It runs on a goroutine of the library's, for 2 s at
// most. If it panics, blocks or ends its goroutine, it leaves nothing out, and a note says so.
func Ignore(ignore func(Leak) bool) Option {
	return option(func(p *plan.Plan) {
		if ignore == nil {
			p.Wrong(errors.New("leaktest: Ignore(nil): pass a function that says which leaks to leave out"))
			return
		}
		p.LeaveOut("leaktest.Ignore(…)", func(l probe.Leak) bool { return ignore(public(l)) })
	})
}

// AllowForgotten leaves out what only the garbage collector releases: descriptors that it
// closes, and goroutines that end because of a finalizer or a cleanup.
func AllowForgotten() Option {
	return option(func(p *plan.Plan) {
		p.LeaveOut("leaktest.AllowForgotten()", func(l probe.Leak) bool { return l.Forgotten })
		p.Collect = true
	})
}

// IgnoreFunc leaves out leaks with the named function anywhere on their stack. Write the name
// with the path of its package, "example.org/pkg.(*Type).Method", or as a report prints it,
// "pkg.(*Type).Method". Type arguments may be left out. A name that ends in "..." stands for
// every name with that beginning: "example.org/pkg...".
func IgnoreFunc(name string) Option { return ignoreName("IgnoreFunc", name, probe.Leak.HasFunc) }

// IgnoreCreatedBy leaves out goroutines that the named function has started. Write the name as
// for [IgnoreFunc].
func IgnoreCreatedBy(name string) Option {
	return ignoreName("IgnoreCreatedBy", name, func(l probe.Leak, match func(string) bool) bool {
		return l.CreatedBy.Func != "" && match(l.CreatedBy.Func)
	})
}

func ignoreName(by, name string, matches func(probe.Leak, func(string) bool) bool) Option {
	match, err := names.Matcher(name)
	return option(func(p *plan.Plan) {
		if err != nil {
			p.Wrong(fmt.Errorf("leaktest: %s(%q) can't match any function: %w", by, name, err))
			return
		}
		p.LeaveOut(fmt.Sprintf("leaktest.%s(%q)", by, name), func(l probe.Leak) bool { return matches(l, match) })
	})
}
