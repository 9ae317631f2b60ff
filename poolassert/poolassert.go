// Package poolassert fails tests that take something out of a pool and do not give it back:
// rows that nobody closes, transactions that nobody finishes, response bodies that nobody
// drains, buffers, permits and workers.
//
// A [Pool] is anything that has statistics. There are adapters for common pools, such as [DB],
// [PGX], [Redis] and [Transport]. [Watch] makes a Pool from a function. The adapters import no
// driver: PGX takes any pool that has the methods of a pgxpool.Pool.
//
//	db.SetMaxOpenConns(2)
//	t.Cleanup(func() { db.Close() })
//	poolassert.Check(t, poolassert.DB("orders", db))
//
// # Reports
//
// A finding is a pool, with the readings that have risen and the calls that took what is out:
//
//	pool       +2  orders  InUse 0 → 2
//	    checked out  2×  *sql.Rows  orders.(*Store).Totals  orders/store.go:16
//	                 rows, err := s.db.QueryContext(ctx, totals)
//	                                   ^
//	    usual cause  rows.Close() is not called: defer it after the error check
//
// [Checkouts] and [Tracked] record these calls. For database/sql, net/http, go-redis and redigo
// LEAKTEST=trace shows them.
package poolassert

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/poolprobe"
	"github.com/leakassert/leakassert/internal/session"
)

// name is how messages begin.
const name = "poolassert"

// TB is the part of [testing.TB] that the helpers use. *testing.T, *testing.B, *testing.F,
// the T of a testify suite and GinkgoT() satisfy it.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Check reads the state of pools now and judges when the test has returned and the cleanups
// registered after the call have run. If more is taken out of a pool than at the start, it
// fails the test.
//
// What comes back by itself within the settle time is no leak: a connection whose query was
// cancelled, or one that a health check has taken. Idle connections may come and go. Pools
// belong to the process. If tests that use one pool overlap, the last one to end reports
// what is out, and names the tests that the stacks show, otherwise all.
//
// Register the pool's Close before the call: t.Cleanup(pool.Close). Cleanups run last in,
// first out, and the Close of pgxpool and puddle waits until everything is back. If the
// order is wrong and the cleanups have waited for 5 s, a message on standard error says what
// is out. The order is the same under leaktest.Main: Check judges at its own place.
//
// The context of the test, t.Context(), is cancelled before the cleanups run. What was taken with
// it comes back then, so Check does not see it. Use a context that outlives the test, or [NoLeak].
func Check(t TB, pools ...Pool) {
	if session.Missing(t, name+": Check") {
		return
	}
	t.Helper()
	session.Check(t, name, poolprobe.Plan(pools))
}

// NoLeak runs body and fails the test if more is taken out of the pools after body than before.
// It returns true if nothing more is out.
func NoLeak(t TB, body func(), pools ...Pool) bool {
	if session.Missing(t, name+": NoLeak") {
		return false
	}
	t.Helper()
	return session.NoLeak(t, name, body, poolprobe.Plan(pools))
}

// An Option sets something for one pool, see [With].
type Option = poolprobe.Option

// With returns p with options.
func With(p Pool, opts ...Option) Pool { return poolprobe.With(p, opts) }

// Compare sets options of go-cmp for the statistics that a report compares, such as
// [cmpopts.IgnoreFields] for counters that only rise.
//
// [cmpopts.IgnoreFields]: https://pkg.go.dev/github.com/google/go-cmp/cmp/cmpopts#IgnoreFields
func Compare(opts ...cmp.Option) Option {
	return func(o *poolprobe.Options) error {
		for _, opt := range opts {
			o.Compare = append(o.Compare, opt)
		}
		return nil
	}
}

func init() {
	poolprobe.Diff = func(before, now any, opts []any) string {
		var options cmp.Options
		for _, o := range opts {
			option, _ := o.(cmp.Option) // cmp ignores nil
			options = append(options, option)
		}
		return cmp.Diff(before, now, options)
	}
}

// Settle sets how long a check waits for the pool; by default 2s. With several pools a check
// waits for the longest time.
func Settle(d time.Duration) Option {
	return func(o *poolprobe.Options) error {
		if d < 0 {
			return fmt.Errorf("Settle(%v): a time to wait can't be negative", d)
		}
		o.Settle = d
		return nil
	}
}

// KnownBy sets the [Checkouts] that record what is taken out of the pool.
func KnownBy(c *Checkouts) Option {
	return func(o *poolprobe.Options) error { o.Held = c.held; return nil }
}
