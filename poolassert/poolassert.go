// Package poolassert fails tests that take something out of a pool and do not give
// it back: rows that nobody closes, transactions that nobody finishes, response
// bodies that nobody drains, buffers, permits and workers.
package poolassert

import (
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/poolprobe"
)

// name is how messages begin.
const name = "poolassert"

// TB is the part of [testing.TB] that the helpers use.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// A Pool is anything that lends what it has. [DB], [PGX], [Redis] and the other
// functions make one of the usual kinds; [Watch] of any that has statistics, and a
// type of one's own with these methods is one.
//
// Stats is called at the beginning and the end of each check and again while one
// settles. It may panic or block: that costs a note, and two seconds.
type Pool = poolprobe.Pool

// Stats is how things stand in a pool. InUse, Waiting and Gauges must return to
// where they were, or below; Open and Idle may change, and Raw, the pool's own
// statistics, is shown as a difference when a check fails.
type Stats = poolprobe.Stats

// A Reading is the value of a gauge.
type Reading = poolprobe.Reading

// Check reads how things stand in pools now and, when the test and the cleanups
// that it registers from here on are done, fails the test if more is out.
//
// What comes back by itself within the settle time is no leak: a connection whose
// query was cancelled, one that a health check has taken. Idle connections may come
// and go. Pools belong to the process: of tests that use one at the same time the
// last one to end reports what is out, with the names of those whose stacks show
// it, otherwise of all.
//
// Register the pool's Close before the call, t.Cleanup(pool.Close): what is
// registered last runs first, and the Close of some pools, pgxpool's and puddle's,
// waits until all is back. When it is the other way round and the check has waited
// for 5s, what is out is told on standard error.
//
// Who has taken what is out is told where the pool knows, see [Checkouts] and
// [Tracked], and with LEAKTEST=trace of database/sql, net/http, go-redis and redigo.
//
// What is taken under the test's own context, t.Context(), comes back when that is
// cancelled, which is before the check: use one that outlives the test, or [NoLeak].
func Check(t TB, pools ...Pool) {
	t.Helper()
	r, err := check.New(t, poolprobe.Plan(pools))
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	verify, wrong := r.ToEnd(name)
	if wrong != "" {
		t.Errorf("%s", wrong)
	}
	if verify {
		t.Cleanup(func() {
			if text := r.Verify(); text != "" {
				t.Helper()
				t.Errorf("%s", text)
			}
		})
	}
}

// NoLeak runs body and fails the test if more is out of the pools than before; it
// returns whether no more is.
func NoLeak(t TB, body func(), pools ...Pool) bool {
	t.Helper()
	clean, text := check.NoLeak(t, name, body, poolprobe.Plan(pools))
	if text != "" {
		t.Errorf("%s", text)
	}
	return clean
}

// An Option is about one pool, see [With].
type Option = poolprobe.Option

// With is a pool with options.
func With(p Pool, opts ...Option) Pool { return poolprobe.With(p, opts) }

// Compare has the statistics compared with options of go-cmp when a failure shows
// how they have changed, such as [cmpopts.IgnoreFields] for counters that only rise.
//
// [cmpopts.IgnoreFields]: https://pkg.go.dev/github.com/google/go-cmp/cmp/cmpopts#IgnoreFields
func Compare(opts ...cmp.Option) Option { return poolprobe.Compare(opts) }

// Settle sets how long a check waits for the pool; by default 2s. Of several pools
// the longest holds.
func Settle(d time.Duration) Option { return poolprobe.Settle(d) }

// KnownBy names what knows who has taken what is out of the pool.
func KnownBy(c *Checkouts) Option { return poolprobe.Takers(c.held) }
