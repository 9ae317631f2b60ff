package poolassert

import (
	"errors"
	"fmt"
	"reflect"
)

// A Pool is anything that lends what it has: connections, buffers, permits, workers.
// [DB], [PGX], [Redis] and the other functions return the usual kinds, and [Watch]
// returns a Pool for anything that has statistics. You can also write a Pool of your own.
type Pool = interface {
	// Name tells pools apart in reports.
	Name() string
	// Stats returns the present state. A check calls it at the start, at the end and
	// while it settles. If it panics, or blocks for 2 s, the check fails.
	Stats() Stats
}

// Stats is the state of a pool. InUse, Waiting and Gauges must return to where they were
// at the start, or below. Open and Idle may change.
type Stats = struct {
	// InUse is how much is taken out. Waiting is how many wait for something to come
	// back.
	InUse, Waiting int64
	// Open is how much the pool has altogether. Idle is how much of it is not in use.
	Open, Idle int64
	// Gauges are more numbers that must return to where they were.
	Gauges []Reading
	// Raw is the pool's own statistics. A report shows how they have changed.
	Raw any
}

// A Reading is the value of a gauge.
type Reading = struct {
	Name  string
	Value int64
}

type named string

// Name returns the pool's name.
func (n named) Name() string { return string(n) }

// A known pool is one that a function of this package returns.
type known struct {
	named
	pkg   string // that hands out what the pool lends; "" if that is not known
	err   error  // why it can't be watched
	stats func() Stats
}

func (p known) Package() string { return p.pkg }
func (p known) Validate() error { return p.err }
func (p known) Stats() Stats    { return p.stats() }

// A Gauge is a number in the statistics of a pool. It must return to where it was at the
// start, or below.
type Gauge[S any] struct {
	Name  string
	Value func(S) int64
}

// Watch returns a pool for anything that has statistics. stats returns a copy of them, and
// no gauge may be higher at the end than at the start. If stats panics, or blocks for 2 s,
// the check fails.
func Watch[S any](name string, stats func() S, gauges ...Gauge[S]) Pool {
	return known{named: named(name), err: unwatchable(stats, gauges), stats: func() Stats {
		raw := stats()
		s := Stats{Raw: raw}
		for _, g := range gauges {
			s.Gauges = append(s.Gauges, Reading{Name: g.Name, Value: g.Value(raw)})
		}
		return s
	}}
}

func unwatchable[S any](stats func() S, gauges []Gauge[S]) error {
	if stats == nil {
		return errors.New("stats is nil: pass the function that reads the statistics")
	}
	if len(gauges) == 0 {
		return errors.New("no gauge is given: pass at least one")
	}
	names := make(map[string]bool)
	for _, g := range gauges {
		if g.Name == "" || g.Value == nil || names[g.Name] {
			return fmt.Errorf("gauge %q: it needs a name of its own and a Value function", g.Name)
		}
		names[g.Name] = true
	}
	return nil
}

// notNil says that what a pool watches is missing.
func notNil(v any, what string) error {
	r := reflect.ValueOf(v)
	if !r.IsValid() || (r.Kind() == reflect.Pointer || r.Kind() == reflect.Func || r.Kind() == reflect.Chan || r.Kind() == reflect.Map) && r.IsNil() {
		return errors.New(what + " is nil: open it before the check")
	}
	return nil
}

const watched = "what it watches" // where the name of a pool says enough
