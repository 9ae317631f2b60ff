package probe

import (
	"slices"
	"strings"
	"time"
)

// Config is what a check watches and how.
type Config struct {
	Probes []Probe
	// Settle is how long a check that has found something waits for it to go.
	Settle time.Duration
	// Sift are the filters: each returns those of the leaks that count. They
	// see leaks as Grown found them, and again as Explain left them.
	Sift []func([]Leak) []Leak
	// Void is asked once something has been found: when it answers true the
	// test is beyond a verdict and nothing is said.
	Void func() bool
}

// A Check is one run of the pipeline: from Begin, before the body, to End.
type Check struct {
	Scope   Scope
	Config  Config
	watches []*guarded
	label   labelled

	// The registry's.
	outer      *Check
	tb         any
	begin, end uint64
	parked     bool

	extended bool
	void     bool
}

// Begin starts a check. tb is the test it belongs to, nil outside of tests.
func Begin(tb any, scope Scope, config Config) *Check {
	c := &Check{Scope: scope, Config: config}
	if !scope.Outside {
		checks.add(c, tb)
		c.label.set(c)
	}
	c.watches = make([]*guarded, 0, len(config.Probes))
	for _, p := range config.Probes {
		c.watches = append(c.watches, start(p, c.Scope))
	}
	return c
}

// Extend adds to a running check what a second one on the same test asks for:
// filters, and the probes that the check does not have yet. It reports false
// when that has been done before.
func (c *Check) Extend(config Config) bool {
	if c.extended {
		return false
	}
	c.extended = true
	c.Config.Settle = config.Settle
	c.Config.Sift = append(c.Config.Sift, config.Sift...)
	for _, p := range config.Probes {
		if comparable(p) && slices.ContainsFunc(c.Config.Probes, func(q Probe) bool { return comparable(q) && p == q }) {
			continue
		}
		c.Config.Probes = append(c.Config.Probes, p)
		c.watches = append(c.watches, start(p, c.Scope))
	}
	return true
}

// End looks, settles and explains.
func (c *Check) End() Findings {
	c.label.restore()
	var f Findings
	alone := !checks.hasOthers(c)
	left, undisturbed := c.settle(&f, func(l Leak) bool { return l.Owned || alone })
	if c.void {
		f.Settled = 0
		c.drop(&f, left)
		return f
	}
	own, shared := split(left)
	if len(shared) > 0 && !(alone && undisturbed) {
		undisturbed = len(running(checks.others(c))) == 0
		if undisturbed {
			left, undisturbed = c.settle(&f, func(Leak) bool { return true })
			own, shared = split(left)
		}
		if !undisturbed {
			shared = nil
			checks.park(c)
			c.parked = true
		}
	}
	f.Leaks = c.finish(own)
	if c.parked {
		f.Notes = append(f.Notes, c.notes()...)
	} else {
		c.judge(&f, c, shared)
	}
	c.leave(&f)
	f.group(c.kinds())
	return f
}

// Drop ends a check without a verdict, for a test that has failed or was
// skipped: what it leaves behind will not be held against anybody. Findings are
// those that other tests have parked.
func (c *Check) Drop() Findings {
	c.label.restore()
	var f Findings
	c.drop(&f, c.look())
	return f
}

func (c *Check) drop(f *Findings, left []Leak) {
	_, shared := split(left)
	checks.know(shared)
	c.stop()
	c.leave(f)
	f.group(c.kinds())
}

// Held is what is held now and was not at the beginning, settled until enough
// says that no more need go, or limit has passed; not explained. The check goes on.
func (c *Check) Held(limit time.Duration, enough func([]Leak) bool) (held []Leak) {
	Settle(limit, func() bool {
		held = c.look()
		if checks.hasOthers(c) {
			held, _ = split(held)
		}
		held = Group(held, c.kinds())
		return !enough(held)
	})
	return held
}

// Diff is what End finds for a check outside of tests, which goes on.
func (c *Check) Diff() Findings {
	var f Findings
	left, _ := c.settle(&f, func(Leak) bool { return true })
	f.Leaks, f.Notes = c.finish(left), c.notes()
	f.group(c.kinds())
	return f
}

// Abandon ends a check and looks at nothing: the body has panicked or left its
// goroutine.
func (c *Check) Abandon() {
	c.label.restore()
	c.stop()
	checks.remove(c, func() bool { return false })
}

// leave takes c out of the registry, and judges what others have parked when c
// is the last of its window.
func (c *Check) leave(f *Findings) {
	for _, p := range checks.remove(c, func() bool { return len(running(checks.others(c))) == 0 }) {
		left, undisturbed := p.settle(f, func(l Leak) bool { return !l.Owned })
		if !undisturbed {
			checks.park(p)
			continue
		}
		_, shared := split(left)
		c.judge(f, p, shared)
	}
	checks.forget()
}

// judge sorts the process-wide leaks of p's window, which c has waited for, and
// ends p's watches.
func (c *Check) judge(f *Findings, p *Check, shared []Leak) {
	if shared = slices.DeleteFunc(shared, checks.isKnown); len(shared) == 0 {
		f.Notes = append(f.Notes, p.notes()...)
		p.stop()
		return
	}
	checks.know(shared)
	window := checks.window(p)
	for _, l := range p.finish(shared) {
		switch {
		case len(l.Tests) == 0 && len(window) == 1 && p == c:
			f.Leaks = append(f.Leaks, l)
		case len(l.Tests) == 0:
			l.Tests = window
			f.Shared = append(f.Shared, l)
		case slices.ContainsFunc(l.Tests, c.Scope.Names):
			f.Leaks = append(f.Leaks, l)
		default:
			f.Elsewhere = append(f.Elsewhere, l)
		}
	}
	f.Notes = append(f.Notes, p.notes()...)
	p.stop()
}

// Names reports whether the name of a test function is that of the scope's
// test: the function itself, or one around or inside it.
func (s Scope) Names(function string) bool {
	return slices.Contains(strings.Split(s.Test, "/"), function)
}

// settle looks until no leak that counts is left to be waited for, and returns
// what is left. When another check begins meanwhile, what only it can have
// acquired is none of c's: from then on process-wide leaks can only become
// fewer. If that happened before the first look was over, settle was disturbed.
func (c *Check) settle(f *Findings, counts func(Leak) bool) (left []Leak, undisturbed bool) {
	var seen map[string]bool // process-wide leaks at the last look
	begins, first, waited := checks.begins(), true, false
	undisturbed = true
	Settle(c.Config.Settle, func() (wait bool) {
		left = c.look()
		if checks.begins() != begins {
			if first {
				undisturbed = false
			} else {
				left = slices.DeleteFunc(left, func(l Leak) bool { return !l.Owned && !seen[l.ID] })
			}
		}
		if first && len(left) > 0 && c.Config.Void != nil && c.Config.Void() {
			c.void = true
			return false
		}
		first, seen = false, nil
		for _, l := range left {
			wait = wait || !l.Proven && counts(l)
			if !l.Owned {
				if seen == nil {
					seen = make(map[string]bool)
				}
				seen[l.ID] = true
			}
		}
		waited = wait
		return wait
	})
	if waited {
		f.Settled = c.Config.Settle
	}
	return left, undisturbed
}

// look asks every watch once.
func (c *Check) look() (leaks []Leak) {
	for i, w := range c.watches {
		found := w.grown()
		for j := range found {
			found[j].from = i
		}
		leaks = append(leaks, found...)
	}
	return c.sift(leaks)
}

// Explain adds what is slow to find out to leaks that Held has returned.
func (c *Check) Explain(leaks []Leak) []Leak { return Group(c.finish(leaks), c.kinds()) }

// finish explains leaks, each by its own watch.
func (c *Check) finish(leaks []Leak) (explained []Leak) {
	if len(leaks) == 0 {
		return nil
	}
	for i, w := range c.watches {
		var its []Leak
		for _, l := range leaks {
			if l.from == i {
				its = append(its, l)
			}
		}
		explained = append(explained, w.explain(its)...)
	}
	return c.sift(explained)
}

func (c *Check) sift(leaks []Leak) []Leak {
	for _, sift := range c.Config.Sift {
		if len(leaks) == 0 {
			return nil
		}
		leaks = sift(leaks)
	}
	return leaks
}

func (c *Check) notes() (notes []string) {
	for _, w := range c.watches {
		notes = append(notes, w.notes()...)
	}
	return notes
}

func (c *Check) kinds() (kinds []string) {
	for _, w := range c.watches {
		kinds = append(kinds, w.kind)
	}
	return kinds
}

func (c *Check) stop() {
	for _, w := range c.watches {
		w.stop()
	}
}

// split tells a check's own leaks from those of the process.
func split(leaks []Leak) (own, shared []Leak) {
	for _, l := range leaks {
		if l.Owned {
			own = append(own, l)
		} else {
			shared = append(shared, l)
		}
	}
	return own, shared
}
