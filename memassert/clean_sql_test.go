package memassert_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
)

var cleanSQL = []cleanBody{
	{
		name: "sql query", why: "rows that are closed give their connection back to the pool",
		start: func(t *testing.T) func() {
			db := openDB(t)
			return func() { query(db) }
		},
	},
	{
		name: "sql transaction", why: "it is rolled back; the goroutine that waits for its context ends by itself",
		start: func(t *testing.T) func() {
			db := openDB(t)
			return func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				tx, err := db.BeginTx(ctx, nil)
				must(err)
				_, err = tx.Exec("update orders set name = ?", "Ada")
				must(errors.Join(err, tx.Rollback()))
			}
		},
	},
	{
		name: "sql statement", why: "one that is closed is forgotten by its connections",
		start: func(t *testing.T) func() {
			db := openDB(t)
			return func() {
				s, err := db.Prepare("select id, name from orders where id = ?")
				must(err)
				var id int
				var name string
				must(errors.Join(s.QueryRow(7).Scan(&id, &name), s.Close()))
			}
		},
	},
	{
		name: "sql pool", why: "it has four connections at the most, for the eight that want one",
		start: func(t *testing.T) func() {
			db := openDB(t)
			db.SetMaxOpenConns(4)
			return func() {
				var all sync.WaitGroup
				for range 8 {
					all.Go(func() { query(db) })
				}
				all.Wait()
			}
		},
	},
	{
		name: "sql database each time", why: "it is closed; the goroutine that opens connections ends by itself",
		start: func(t *testing.T) func() {
			return func() {
				db := sql.OpenDB(connector{})
				defer db.Close()
				query(db)
			}
		},
	},
}

func openDB(t *testing.T) *sql.DB {
	db := sql.OpenDB(connector{})
	t.Cleanup(func() { db.Close() })
	return db
}

func query(db *sql.DB) {
	rows, err := db.Query("select id, name from orders")
	must(err)
	defer rows.Close()
	for rows.Next() {
		var id int
		var name string
		must(rows.Scan(&id, &name))
	}
	must(rows.Err())
}
