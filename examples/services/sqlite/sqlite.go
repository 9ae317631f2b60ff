// Package sqlite is a repository of orders in an SQLite database, by database/sql.
// It is here twice: as it used up its connections one failed request at a time, and
// mended.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// ErrNotPayable is the error of paying an order that there is not, or that is paid.
var ErrNotPayable = errors.New("sqlite: there is no such order to pay")

// schema lets a total be missing: an order that is still being put together has none.
const schema = `CREATE TABLE IF NOT EXISTS orders (
	id       INTEGER PRIMARY KEY,
	customer TEXT    NOT NULL,
	total    INTEGER,
	paid     INTEGER NOT NULL DEFAULT 0
)`

// Open opens the database in a file, with at most so many connections. Without such
// a limit, what never comes back is not missed before the process runs out of file
// descriptors.
func Open(ctx context.Context, file string, connections int) (*sql.DB, error) {
	// A URI, as a file's name may have a question mark in it.
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(file), RawQuery: "_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
