// Package postgres is a repository of orders in PostgreSQL, by pgx: with its own
// pool of connections, and behind database/sql. Both are here twice, as they used
// up their connections one failed request at a time, and mended.
package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx" of database/sql
)

const (
	schema = `CREATE TABLE IF NOT EXISTS orders (
		id       bigint PRIMARY KEY,
		customer text   NOT NULL,
		total    bigint NOT NULL
	)`
	all = `SELECT customer, total FROM orders ORDER BY id`
)

// Open opens a pool of at most so many connections. Hooks may add to how it is set
// up.
func Open(ctx context.Context, dsn string, connections int32, hooks ...func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	for _, hook := range hooks {
		hook(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, schema); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// OpenDB opens the same for database/sql, which has a pool of its own.
func OpenDB(ctx context.Context, dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
