package leaktest

import (
	"errors"
	"strconv"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/poolprobe"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
	"go.uber.org/goleak"
)

// An Option says what a check watches, or how. Options add up; of two that set
// the same thing the later one holds.
type Option interface{ apply(*check.Plan) }

type option func(*check.Plan)

func (o option) apply(p *check.Plan) { o(p) }

// plan puts options together. Without any that says what to watch, a check
// watches goroutines and descriptors.
func plan(opts []Option) func() check.Plan {
	return func() check.Plan {
		p := check.NewPlan()
		for _, o := range opts {
			if o == nil {
				p.Wrong(errors.New("leaktest: an Option is nil: leave it out"))
				continue
			}
			o.apply(&p)
		}
		if len(p.Probes) == 0 {
			p.Watch(goroutines{})
			p.Watch(fdprobe.Probe{})
		}
		return p
	}
}

// Goroutines watches goroutines, as a check without options does beside
// descriptors. What goleak's options ignore is ignored, as goleak itself decides
// it; goleak's built-in exceptions are not applied. [goleak.Cleanup] runs after
// the check with 0, and at the end of [Main] in place of [os.Exit].
func Goroutines(opts ...goleak.Option) Option {
	return option(func(p *check.Plan) {
		p.Watch(goroutines{})
		if len(opts) == 0 {
			return
		}
		ask := askGoleak(opts)
		if ask.cleanup != nil {
			p.Cleanup = ask.cleanup
		}
		p.Sift = append(p.Sift, ask.sift)
	})
}

// FDs watches file descriptors, as a check without options does beside
// goroutines; the options narrow what is asserted.
func FDs(opts ...fdassert.Option) Option {
	return option(func(p *check.Plan) {
		p.Watch(fdprobe.Probe{})
		fdprobe.Apply(p, opts)
	})
}

// Heap watches objects in the heap: those that the test allocates and that are
// still live at its end, see [memassert.Check]; for [NoGrowth] those that grow with
// every iteration, see [memassert.NoGrowth]. The options narrow what is asserted,
// or say how.
func Heap(opts ...memassert.Option) Option {
	return option(func(p *check.Plan) {
		p.Watch(heapprobe.Probe{})
		heapprobe.Apply(p, opts)
	})
}

// Pools watches pools: more must not be out of them at the end than at the
// beginning, see [poolassert.Check].
func Pools(pools ...poolassert.Pool) Option {
	return option(func(p *check.Plan) { poolprobe.Apply(p, name, pools) })
}

// Everything watches goroutines, descriptors, the heap and the given pools. It costs
// what [Heap] does.
func Everything(pools ...poolassert.Pool) Option {
	return option(func(p *check.Plan) {
		for _, o := range []Option{Goroutines(), FDs(), Heap(), Pools(pools...)} {
			o.apply(p)
		}
	})
}

// With watches a resource of the user's own: child processes, temporary files,
// entries in a global registry.
func With(q Probe) Option {
	return option(func(p *check.Plan) {
		if q == nil {
			p.Wrong(errors.New("leaktest: With(nil): pass the probe, or leave the option out"))
			return
		}
		p.Watch(q)
	})
}

// Settle sets how long a check that has found something waits for it to go
// before it fails; by default 2s. A clean check does not wait, and neither does
// one whose findings are all proven. 0 looks once.
func Settle(d time.Duration) Option {
	return option(func(p *check.Plan) { p.SettleFor(name, d) })
}

// Idle names a function that closes what is kept for later use, such as the
// CloseIdleConnections of an [http.Client] of one's own: it is called while a
// check settles, so that connections which nobody uses are no leak. That of
// [http.DefaultTransport] is called without being named.
func Idle(closeIdle func()) Option {
	return option(func(p *check.Plan) {
		if closeIdle == nil {
			p.Wrong(errors.New("leaktest: Idle(nil): pass a function, such as client.CloseIdleConnections"))
			return
		}
		p.Sift = append(p.Sift, func(leaks []Leak) []Leak {
			closeIdle()
			return leaks
		})
	})
}

// Ignore leaves out the leaks for which ignore returns true. It is asked only
// when something has been found, once for each leak and look, and sees the leak
// as it is known then: for a goroutine its whole stack.
func Ignore(ignore func(Leak) bool) Option {
	return option(func(p *check.Plan) {
		if ignore == nil {
			p.Wrong(errors.New("leaktest: Ignore(nil): pass a function that says which leaks to leave out"))
			return
		}
		p.Sift = append(p.Sift, func(leaks []Leak) (kept []Leak) {
			for _, l := range leaks {
				if !ignore(l) {
					kept = append(kept, l)
				}
			}
			return kept
		})
	})
}

// IgnoreFunc leaves out leaks with the function anywhere on their stack. name
// is written as in a stack trace, "example.org/pkg.Func",
// "example.org/pkg.(*Type).Method" or "example.org/pkg.Func.func1"; one that ends
// in "..." stands for every name that begins so: "example.org/pkg...".
func IgnoreFunc(name string) Option {
	return ignoreName("IgnoreFunc", name, func(match func(string) bool) func(Leak) bool {
		return func(l Leak) bool { return l.HasFunc(match) }
	})
}

// IgnoreCreatedBy leaves out leaks that the function has started; name as for
// [IgnoreFunc].
func IgnoreCreatedBy(name string) Option {
	return ignoreName("IgnoreCreatedBy", name, func(match func(string) bool) func(Leak) bool {
		return func(l Leak) bool { return l.CreatedBy.Func != "" && match(l.CreatedBy.Func) }
	})
}

func ignoreName(by, name string, ignore func(match func(string) bool) func(Leak) bool) Option {
	match, err := check.FuncName(name)
	if err != nil {
		return option(func(p *check.Plan) {
			p.Wrong(errors.New("leaktest: " + by + "(" + strconv.Quote(name) + ") can't match any function: " + err.Error()))
		})
	}
	return Ignore(ignore(match))
}
