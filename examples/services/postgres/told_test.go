package postgres_test

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/poolassert"
)

// told has a pool tell out who takes a connection and when it comes back, each time
// and at once: by a tracer.
func told(out *poolassert.Checkouts) func(*pgxpool.Config) {
	return func(config *pgxpool.Config) { config.ConnConfig.Tracer = tracer{out} }
}

// hooked does the same by hooks, where the tracer is taken. With AfterRelease every
// connection comes back from another goroutine, so a check that begins right after a
// query may find it out still, and take what is lost for it: see allBack. And those
// that are closed in place of being released, in a transaction or for their age, are
// only seen by BeforeClose.
func hooked(out *poolassert.Checkouts) func(*pgxpool.Config) {
	return func(config *pgxpool.Config) {
		config.PrepareConn = func(_ context.Context, c *pgx.Conn) (bool, error) { out.Out(c); return true, nil }
		config.AfterRelease = func(c *pgx.Conn) bool { out.Back(c); return true }
		config.BeforeClose = func(c *pgx.Conn) { out.Back(c) }
	}
}

// A tracer is asked about acquiring and releasing by a pool whose connections have
// it for their queries.
type tracer struct{ out *poolassert.Checkouts }

func (t tracer) TraceAcquireEnd(_ context.Context, _ *pgxpool.Pool, d pgxpool.TraceAcquireEndData) {
	if d.Err == nil {
		t.out.Out(d.Conn)
	}
}

func (t tracer) TraceRelease(_ *pgxpool.Pool, d pgxpool.TraceReleaseData) { t.out.Back(d.Conn) }

func (tracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return ctx
}

func (tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
