package poolassert

import "github.com/leakassert/leakassert/internal/poolprobe"

// Checkouts know where what is out of a pool was taken, from hooks that the pool
// calls. With pgxpool:
//
//	var out poolassert.Checkouts
//	config.PrepareConn = func(_ context.Context, c *pgx.Conn) (bool, error) { out.Out(c); return true, nil }
//	config.AfterRelease = func(c *pgx.Conn) bool { out.Back(c); return true }
//	config.BeforeClose = func(c *pgx.Conn) { out.Back(c) } // not released: in a transaction, too old
//	…
//	poolassert.Check(t, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out)))
//
// With an AfterRelease pgxpool takes connections back on another goroutine. A tracer,
// of which it calls TraceAcquireEnd and TraceRelease at once, is better where the
// config has room for one. The verdict is that of the pool's statistics.
//
// Each call costs about a microsecond. The zero value is ready to use, from any
// number of goroutines.
type Checkouts struct{ c poolprobe.Checkouts }

// Out takes note that key, which can be compared, was taken by the function that
// calls, or for which a hook is called.
func (c *Checkouts) Out(key any) { c.c.Out(key, 1) }

// Back takes note that key has come back.
func (c *Checkouts) Back(key any) { c.c.Back(key) }

func (c *Checkouts) held() []poolprobe.Checkout { return c.c.Held() }
