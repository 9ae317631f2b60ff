package poolprobe

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/probe"
)

// An Option is about one pool.
type Option func(*configured) error

// A configured pool is one with options.
type configured struct {
	Pool
	cmp     []cmp.Option
	settle  time.Duration
	settles bool
	held    func() []Checkout
	wrong   error
}

// With is a pool with options.
func With(p Pool, opts []Option) Pool {
	c := &configured{Pool: p}
	if inner, ok := p.(*configured); ok {
		*c = *inner
		c.cmp = slices.Clip(c.cmp)
	}
	for i, o := range opts {
		err := fmt.Errorf("option %d is nil: leave it out", i+1)
		if o != nil {
			err = o(c)
		}
		if err != nil && c.wrong == nil {
			c.wrong = err
		}
	}
	return c
}

// Compare has the statistics compared with options of go-cmp.
func Compare(opts []cmp.Option) Option {
	return func(c *configured) error { c.cmp = append(c.cmp, opts...); return nil }
}

// Settle is how long the pool may take.
func Settle(d time.Duration) Option {
	return func(c *configured) error {
		if d < 0 {
			return fmt.Errorf("Settle(%v): a time to wait can't be negative", d)
		}
		c.settle, c.settles = d, true
		return nil
	}
}

// Takers tells who has taken what is out.
func Takers(held func() []Checkout) Option {
	return func(c *configured) error { c.held = held; return nil }
}

// as is what a pool, or the one inside of it, can do besides.
func as[T any](p Pool) (can T, ok bool) {
	for {
		c, wrapped := p.(*configured)
		if !wrapped {
			can, ok = p.(T)
			return can, ok
		}
		p = c.Pool
	}
}

// takers are what is known without a trace of who has taken what is out.
func takers(p Pool) []Checkout {
	if c, ok := p.(*configured); ok && c.held != nil {
		if held := c.held(); len(held) > 0 {
			return held
		}
	}
	if e, ok := as[Explainer](p); ok {
		return e.Held()
	}
	return nil
}

func optionsOf(p Pool) []cmp.Option {
	if c, ok := p.(*configured); ok {
		return c.cmp
	}
	return nil
}

// isNil reports whether there is no pool: none at all, or none in what stands for
// one.
func isNil(p Pool) bool {
	if c, ok := p.(*configured); ok {
		p = c.Pool
	}
	if p == nil {
		return true
	}
	v := reflect.ValueOf(p)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// A Validator knows what is wrong with it.
type Validator interface{ Validate() error }

func invalid(p Pool) error {
	if c, ok := p.(*configured); ok && c.wrong != nil {
		return fmt.Errorf("%s: %w", c.Name(), c.wrong)
	}
	if v, ok := as[Validator](p); ok {
		return v.Validate()
	}
	return nil
}

// watchCleanups tells, on standard error, what is out of a pool whose Close waits
// for it, when the cleanups of the test have begun and the check has not had its
// turn for a while: it does not come before that Close returns.
func (w *watch) watchCleanups() (stop func()) {
	ctx := w.scope.Context
	if ctx == nil || !w.scope.ToEnd {
		return func() {}
	}
	state := make(chan *time.Timer, 1)
	state <- nil
	unregister := context.AfterFunc(ctx, func() {
		t := <-state
		if t == nil {
			t = time.AfterFunc(warn, w.tell)
		}
		state <- t
	})
	return func() {
		unregister()
		t := <-state
		if t != nil {
			t.Stop()
		}
		state <- time.NewTimer(0) // no other one
	}
}

func (w *watch) tell() {
	now, err := ask(w.pool)
	if err != nil {
		return
	}
	for _, c := range risen(w.before, now) {
		fmt.Fprintf(stderr, "poolassert: %s: the cleanups have waited for %v, and pool %s has %v. Its Close waits for what is out. Call Check after the line t.Cleanup(pool.Close): what is registered last runs first\n",
			w.scope.Test, warn, w.pool.Name(), c)
		for _, h := range since(w.held, takers(w.pool)) {
			fmt.Fprintf(stderr, "    %s%s\n", "checked out", columns(w.checkedOut("", h).Columns))
		}
	}
}

func columns(all []string) (s string) {
	for _, c := range all {
		s += "  " + c
	}
	return s
}

var _ probe.Watch = (*watch)(nil)
