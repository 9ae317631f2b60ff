package tasks_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/examples/services/internal/servertest"
	"github.com/leakassert/leakassert/examples/services/tasks"
	"github.com/stretchr/testify/require"
)

// open is a pool with the table, and how many statements were sent through it.
func open(t *testing.T, connections int32) (pool *pgxpool.Pool, sent *statements) {
	t.Helper()
	dsn, _ := servertest.Postgres(t)
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	config.MaxConns = connections
	sent = new(statements)
	config.ConnConfig.Tracer = sent
	pool, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, tasks.Create(t.Context(), pool))
	return pool, sent
}

// statements are counted as they are sent.
type statements struct{ n atomic.Int64 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.n.Add(1)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// since is how many there were since it was called last.
func (s *statements) since() int64 { return s.n.Swap(0) }
