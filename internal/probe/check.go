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
	// Limit are filters that look at what all others have left.
	Limit []func([]Leak) []Leak
	// Collect says that what a garbage collection releases is no leak: one is run
	// early while settling.
	Collect bool
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
	over       uint64 // when the first look had found something: the body's end
	begun      uint64 // checks that had begun then
	alone      bool   // no other one was active then
	parked     bool

	looked   [phases]bool
	seen     [phases]map[string]bool // process-wide leaks at the last look
	told     []string                // notes that have been given
	note     string                  // of the check's own
	extended []string                // by these packages
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

// Extend adds to a running check what the package by asks for on the same test:
// filters, and the probes that the check does not have yet. It reports false
// when the package has asked before.
func (c *Check) Extend(by string, config Config) bool {
	if slices.Contains(c.extended, by) {
		return false
	}
	c.extended = append(c.extended, by)
	c.Config.Settle = config.Settle
	c.Config.Collect = c.Config.Collect || config.Collect
	// Begin's Config can be that of other checks, too.
	c.Config.Sift = slices.Concat(c.Config.Sift, config.Sift)
	c.Config.Limit = slices.Concat(c.Config.Limit, config.Limit)
	c.Config.Probes = slices.Clone(c.Config.Probes)
	for _, p := range config.Probes {
		if Contains(c.Config.Probes, p) {
			continue
		}
		c.Config.Probes = append(c.Config.Probes, p)
		c.watches = append(c.watches, start(p, c.Scope))
	}
	return true
}

// Contains reports whether a probe is among others; one that can't be compared
// is not.
func Contains(probes []Probe, p Probe) bool {
	return len(probes) > 0 && Hashable(p) && slices.ContainsFunc(probes, func(q Probe) bool { return Hashable(q) && p == q })
}

// End looks, settles and explains.
func (c *Check) End() Findings {
	c.label.restore()
	var f Findings
	left := c.settle(&f, c.Config.Settle, func(l Leak) bool { return l.Owned || c.alone })
	if c.void {
		f.Settled, f.Void = 0, true
		c.drop(&f, left)
		return f
	}
	own, shared := split(left)
	if len(shared) > 0 && !c.alone {
		if len(checks.ready([]*Check{c})) > 0 {
			own, shared = split(c.settle(&f, c.Config.Settle, func(Leak) bool { return true }))
		} else {
			shared, c.parked = nil, true
			checks.park(c)
		}
	}
	checks.know(own) // for the suite, which can't tell whose they are
	f.Leaks = c.finish(own)
	if c.parked {
		c.tell(&f, c.notes())
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
	c.drop(&f, c.look(first))
	return f
}

func (c *Check) drop(f *Findings, left []Leak) {
	checks.know(left)
	c.stop()
	c.leave(f)
	f.group(c.kinds())
}

// Held is what is held now and was not at the beginning, settled until enough
// says that no more need go, or limit has passed; not explained. The check goes on.
func (c *Check) Held(limit time.Duration, enough func([]Leak) bool) (held []Leak) {
	release := func() {}
	defer func() { release() }()
	for phase := range phases {
		if phase == forcing {
			release()
			if !c.forces() {
				return held
			}
		}
		before, looks := held, 0
		settle := Settle
		if phase == forcing {
			settle = SettleForced
		}
		settle(limit, func() bool {
			now := c.look(phase)
			if looks++; looks == 1 && slices.ContainsFunc(now, c.collectable) {
				release = HoldCollector()
			}
			if checks.hasOthers(c) {
				now, _ = split(now)
			}
			held = Group(slices.Concat(before, now), c.kinds())
			return !enough(held)
		})
	}
	return held
}

// Diff is what End finds for a check outside of tests, which goes on.
func (c *Check) Diff() Findings {
	var f Findings
	c.over, c.looked = 0, [phases]bool{}
	left := c.settle(&f, c.Config.Settle, func(Leak) bool { return true })
	f.Leaks, f.Notes = c.finish(left), c.notes()
	f.group(c.kinds())
	return f
}

// Abandon ends a check and looks at nothing: the body has panicked or left its
// goroutine.
func (c *Check) Abandon() {
	c.label.restore()
	c.stop()
	checks.abandon(c)
	checks.forget()
}

// leave takes c out of the registry, and judges those parked checks of whose
// windows c is the last. They settle together.
func (c *Check) leave(f *Findings) {
	checks.remove(c)
	ended := time.Now()
	last := checks.take(c)
	for _, p := range last {
		left := p.settle(f, p.Config.Settle-time.Since(ended), func(l Leak) bool { return !l.Owned })
		_, shared := split(left)
		c.judge(f, p, shared)
	}
	checks.judged(last)
	checks.forget()
}

// judge sorts the process-wide leaks of p's window, which c has waited for, and
// ends p's watches.
func (c *Check) judge(f *Findings, p *Check, shared []Leak) {
	if shared = checks.claim(p, shared); len(shared) == 0 {
		p.tell(f, p.notes())
		p.tell(f, p.stop())
		return
	}
	window := checks.window(p)
	for _, l := range p.finish(shared) {
		switch within := p.within(window, l.Tests); {
		case len(l.Tests) == 0 && len(window) == 1 && p == c,
			l.Callable && len(within) == 0 && len(window) == 1 && p == c && !checks.running(l.Tests):
			l.Tests = nil
			f.Leaks = append(f.Leaks, l)
		case len(l.Tests) == 0:
			l.Tests = window
			f.Shared = append(f.Shared, l)
		case slices.ContainsFunc(l.Tests, c.Scope.Names):
			f.Leaks = append(f.Leaks, l)
		case len(within) > 0:
			l.Tests = within
			f.Shared = append(f.Shared, l)
		default:
			f.Elsewhere = append(f.Elsewhere, l)
		}
	}
	p.tell(f, p.notes())
	p.tell(f, p.stop())
}

// tell adds c's notes to findings, each once: those of a parked check come with
// its own findings and with those that judge it.
func (c *Check) tell(f *Findings, notes []string) {
	for _, n := range notes {
		if !slices.Contains(c.told, n) && !slices.Contains(f.Notes, n) {
			f.Notes = append(f.Notes, n)
		}
		c.told = append(c.told, n)
	}
}

// within are the tests of a window that functions on a leak's stack point at.
func (c *Check) within(window, functions []string) (tests []string) {
	for _, test := range window {
		if slices.ContainsFunc(functions, (Scope{Test: test}).Names) {
			tests = append(tests, test)
		}
	}
	return tests
}

// Names reports whether the name of a test function is that of the scope's
// test: the function itself, or one around or inside it.
func (s Scope) Names(function string) bool {
	return slices.Contains(strings.Split(s.Test, "/"), function)
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
	return c.Sift(explained)
}

// Sift applies the filters. One that panics filters nothing, and is told.
func (c *Check) Sift(leaks []Leak) []Leak {
	if len(leaks) == 0 {
		return nil
	}
	for _, sift := range slices.Concat(c.Config.Sift, c.Config.Limit) {
		if len(leaks) == 0 {
			return nil
		}
		func() {
			defer func() {
				if r := recover(); r != nil && c.note == "" {
					c.note = oneLine("a filter of leaks is left out: panic: %v", r)
				}
			}()
			leaks = sift(slices.Clone(leaks))
		}()
	}
	return leaks
}

func (c *Check) notes() (notes []string) {
	if c.note != "" {
		notes = append(notes, c.note)
	}
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

func (c *Check) stop() (notes []string) {
	for _, w := range c.watches {
		notes = append(notes, w.stop()...)
	}
	return notes
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
