package postgres_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/examples/services/internal/servertest"
	"github.com/leakassert/leakassert/examples/services/postgres"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const three = `INSERT INTO orders VALUES (1, 'ada', 250), (2, 'ada', 50), (3, 'bob', 120)`

// errStop is what a caller ends a repository's work with.
var errStop = errors.New("the caller has seen enough")

// open is a database of the test's own, with three orders.
func open(t *testing.T, connections int32, hooks ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	dsn, _ := servertest.Postgres(t)
	pool, err := postgres.Open(t.Context(), dsn, connections, hooks...)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), three)
	require.NoError(t, err)
	return pool
}

// openDB is the same for database/sql.
func openDB(t *testing.T, connections int) *sql.DB {
	t.Helper()
	dsn, _ := servertest.Postgres(t)
	db, err := postgres.OpenDB(t.Context(), dsn, connections)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.Exec(three)
	require.NoError(t, err)
	return db
}
