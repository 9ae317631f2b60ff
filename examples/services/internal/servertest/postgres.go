package servertest

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Postgres is a DSN of the server that LEAKASSERT_POSTGRES names, with an empty
// schema that is dropped when the test ends.
func Postgres(t testing.TB) (dsn, schema string) {
	t.Helper()
	const variable = "LEAKASSERT_POSTGRES"
	server := where(variable, "postgres://postgres@127.0.0.1:5432/test?sslmode=disable")
	ctx, cancel := brief()
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		absent(t, "PostgreSQL", variable, err)
	}
	defer conn.Close(ctx)
	schema = own()
	_, err = conn.Exec(ctx, "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := brief()
		defer cancel()
		conn, err := pgx.Connect(ctx, server)
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
		assert.NoError(t, err, "the schema must be dropped by hand")
	})
	return within(server, schema), schema
}
