// Package poolprobe is the probe for pools. It finds what was taken out of a pool and not returned.
package poolprobe

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/aside"
	"github.com/leakassert/leakassert/internal/plan"
)

// A Pool is a poolassert.Pool.
type Pool interface {
	Name() string
	Stats() Stats
}

// Stats and Reading are the types of poolassert, which documents them. Aliases of the same struct
// are one type.
type (
	Stats = struct {
		InUse, Waiting int64
		Open, Idle     int64
		Gauges         []Reading
		Raw            any
	}
	Reading = struct {
		Name  string
		Value int64
	}
)

// These interfaces are what else a pool can do.
type (
	// A Prompt pool never blocks or panics when it is asked for its statistics.
	Prompt interface{ Prompt() }
	// A Validator reports what is wrong with the pool.
	Validator interface{ Validate() error }
	// An Explainer reports who took what is out.
	Explainer interface{ Held() Taken }
	// A Keeper keeps an account from Track until stop is called, and reports the wrong uses
	// in that time.
	Keeper interface {
		Track() (stop func())
		Faults() []Fault
	}
	// A Blocker is a pool whose Close waits until everything is back.
	Blocker interface{ CloseBlocks() }
	// A Closer reports whether the pool is closed.
	Closer interface{ Closed() bool }
	// A Lender names the package that hands out what the pool lends.
	Lender interface{ Package() string }
	// A Drainer returns how much longer it may take to take back what was released.
	Drainer interface{ Draining() time.Duration }
	// An Addressed pool has an address to which the lent objects refer.
	Addressed interface{ Address() uintptr }
)

// Options are for one pool.
type Options struct {
	Compare []any         // options of go-cmp for its statistics, see Diff
	Settle  time.Duration // how long the pool may take; the default if below 0
	Held    func() Taken  // reports who took what is out
}

type Option func(*Options) error

type configured struct {
	Pool
	Options
	wrong error // what is wrong with the options
}

func configure(p Pool) configured {
	if c, ok := p.(*configured); ok {
		return *c
	}
	return configured{Pool: p, Options: Options{Settle: -1}}
}

func With(p Pool, opts []Option) Pool {
	c := configure(p)
	c.Compare = slices.Clip(c.Compare)
	for i, o := range opts {
		err := fmt.Errorf("option %d is nil: leave it out", i+1)
		if o != nil {
			err = o(&c.Options)
		}
		if c.wrong == nil {
			c.wrong = err
		}
	}
	return &c
}

// ask reads the statistics of a pool. A pool that is not Prompt may block or panic, so ask calls it
// on another goroutine.
func (c *configured) ask() (Stats, error) {
	if _, prompt := c.Pool.(Prompt); prompt {
		return c.Stats(), nil
	}
	stats, err := aside.Get(c.Stats)
	switch {
	case errors.Is(err, aside.ErrLate):
		err = fmt.Errorf("%s: its statistics have not come for %v: does something hold a lock?", c.Name(), aside.Patience)
	case err != nil:
		err = fmt.Errorf("%s: its statistics: %w", c.Name(), err)
	}
	return stats, err
}

// least returns the reading, of several, with the fewest objects out. A pool may take back on
// another goroutine what was released just before the check, and that could hide a leak.
func (c *configured) least() (Stats, error) {
	least, err := c.ask()
	_, prompt := c.Pool.(Prompt)
	var end time.Time
	for n := 0; !prompt && err == nil && least.InUse > 0; n++ {
		switch d, drains := c.Pool.(Drainer); {
		case n < 100:
			runtime.Gosched()
		case n == 100 && drains:
			end = time.Now().Add(d.Draining())
		case time.Now().Before(end):
			time.Sleep(time.Millisecond)
		default:
			return least, nil
		}
		if now, err := c.ask(); err == nil && now.InUse < least.InUse {
			least = now
		}
	}
	return least, err
}

// pkg returns the package that hands out what the pool lends, "" if unknown.
func (c *configured) pkg() string {
	if l, ok := c.Pool.(Lender); ok {
		return l.Package()
	}
	return ""
}

// takers returns what is known, without a trace, about who took what is out.
func (c *configured) takers() Taken {
	var held Taken
	if c.Held != nil {
		held = c.Held()
	}
	if e, ok := c.Pool.(Explainer); ok && len(held) == 0 {
		held = e.Held()
	}
	return held
}

func (c *configured) invalid() error {
	if v := reflect.ValueOf(c.Pool); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return errors.New("a pool is nil: open it before the check")
	}
	err := c.wrong
	if v, ok := c.Pool.(Validator); ok && err == nil {
		err = v.Validate()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name(), err)
	}
	if c.Name() == "" {
		return fmt.Errorf("a pool of type %T has no name: give it one, for the report", c.Pool)
	}
	return nil
}

// Apply makes a plan watch pools.
func Apply[P Pool](p *plan.Plan, by string, pools []P) {
	settle := time.Duration(-1)
	names := make(map[string]bool)
	for _, pool := range pools {
		c := configure(pool)
		err := c.invalid()
		if err == nil && names[c.Name()] {
			err = fmt.Errorf("two pools are called %q: give each a name of its own", c.Name())
		}
		if err != nil {
			p.Wrong(fmt.Errorf("%s: %w", by, err))
			continue
		}
		names[c.Name()] = true
		p.Watch(Probe{pool})
		if c.Settle < 0 {
			c.Settle = p.Settle
		}
		settle = max(settle, c.Settle)
	}
	if settle >= 0 {
		p.Settle = settle
	}
}

func Plan[P Pool](pools []P) func() plan.Plan {
	return func() plan.Plan {
		p := plan.NewPlan()
		if len(pools) == 0 {
			p.Wrong(errors.New("poolassert: no pool is given: pass the pools to watch"))
		}
		Apply(&p, "poolassert", pools)
		return p
	}
}
