//go:build linux

package corpus

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
	"go.etcd.io/bbolt"
	"modernc.org/sqlite"
)

var dbBodies = []body{
	{name: "sqlite/query", run: sqliteQuery},
	{name: "sqlite/transaction", run: sqliteTx},
	{name: "sqlite/prepared", run: sqlitePrepared},
	{name: "sqlite/concurrent", run: sqliteConcurrent},
	{name: "sqlite/cancelled", run: sqliteCancelled},
	{name: "pgx/conn", needs: postgres, run: pgxConn},
	{name: "pgx/batch and copy", needs: postgres, run: pgxBatch},
	{name: "pgx/listen", needs: postgres, run: pgxListen},
	{name: "pgx/cancelled", needs: postgres, run: pgxCancelled},
	{name: "pgxpool/query", needs: postgres, run: pgxpoolQuery},
	{name: "pgxpool/concurrent", needs: postgres, run: pgxpoolConcurrent},
	{name: "pgx/stdlib", needs: postgres, run: pgxStdlib},
	{name: "pq/query", needs: postgres, run: pqQuery},
	{name: "pq/listener", needs: postgres, run: pqListener},
	{name: "mysql/query", needs: mariaDB, run: mysqlQuery},
	{name: "mysql/cancelled", needs: mariaDB, run: mysqlCancelled},
	{name: "go-redis/get and set", needs: redisDB, run: redisGetSet},
	{name: "go-redis/pipeline", needs: redisDB, run: redisPipeline},
	{name: "go-redis/subscribe", keeps: "the timer of its health check is not stopped by Close", needs: redisDB, run: redisSubscribe},
	{name: "go-redis/blocking", needs: redisDB, run: redisBlocking},
	{name: "redigo/pool", needs: redisDB, run: redigoPool},
	{name: "nats/publish", needs: natsBus, run: natsPublish},
	{name: "nats/request", needs: natsBus, run: natsRequest},
	{name: "nats/drain", needs: natsBus, run: natsDrain},
	{name: "amqp/consume", needs: rabbit, run: amqpConsume},
	{name: "amqp/confirm", needs: rabbit, run: amqpConfirm},
	{name: "bbolt", run: boltBody},
	{name: "badger", keeps: "expvar has a counter for each file", run: badgerBody},
}

// openSQLite opens a new database. It does not call sql.Register.
func openSQLite(t testing.TB) *sql.DB {
	t.Helper()
	db := got(sql.Open("sqlite", filepath.Join(t.TempDir(), "db")))(t)
	got(db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)"))(t)
	for _, item := range []string{"pen", "ink", "pad"} {
		got(db.Exec("INSERT INTO orders (item) VALUES (?)", item))(t)
	}
	return db
}

var _ *sqlite.Driver // registers itself

// items reads the first column of all rows.
func items(t testing.TB, rows *sql.Rows, err error) string {
	t.Helper()
	must(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		all = append(all, s)
	}
	must(t, rows.Err())
	return strings.Join(all, " ")
}

func sqliteQuery(t testing.TB) {
	db := openSQLite(t)
	defer db.Close()
	rows, err := db.Query("SELECT item FROM orders ORDER BY id")
	equal(t, items(t, rows, err), "pen ink pad")
	var n int
	must(t, db.QueryRow("SELECT count(*) FROM orders").Scan(&n))
	equal(t, n, 3)
}

func sqliteTx(t testing.TB) {
	db := openSQLite(t)
	defer db.Close()
	tx := got(db.BeginTx(t.Context(), nil))(t)
	got(tx.Exec("DELETE FROM orders"))(t)
	must(t, tx.Rollback())
	tx = got(db.BeginTx(t.Context(), &sql.TxOptions{}))(t)
	defer tx.Rollback()
	got(tx.Exec("DELETE FROM orders WHERE id = 1"))(t)
	must(t, tx.Commit())
}

func sqlitePrepared(t testing.TB) {
	db := openSQLite(t)
	defer db.Close()
	stmt := got(db.Prepare("SELECT item FROM orders WHERE id = ?"))(t)
	defer stmt.Close()
	for i := range 3 {
		var s string
		must(t, stmt.QueryRow(i+1).Scan(&s))
	}
}

func sqliteConcurrent(t testing.TB) {
	db := openSQLite(t)
	defer db.Close()
	db.SetMaxOpenConns(3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var n int
			if err := db.QueryRow("SELECT count(*) FROM orders").Scan(&n); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func sqliteCancelled(t testing.TB) {
	db := openSQLite(t)
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	var n int
	err := db.QueryRowContext(ctx, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT sum(x) FROM c").Scan(&n)
	if err == nil {
		t.Fatal("not cancelled")
	}
}

func pgxConn(t testing.TB) {
	ctx := context.Background()
	conn := got(pgx.Connect(ctx, postgres.address))(t)
	defer conn.Close(ctx)
	tx := got(conn.Begin(ctx))(t)
	got(tx.Exec(ctx, "CREATE TEMP TABLE orders (id INT)"))(t)
	must(t, tx.Commit(ctx))
	rows := got(conn.Query(ctx, "SELECT generate_series(1, 100)"))(t)
	equal(t, len(got(pgx.CollectRows(rows, pgx.RowTo[int]))(t)), 100)
}

func pgxBatch(t testing.TB) {
	ctx := context.Background()
	conn := got(pgx.Connect(ctx, postgres.address))(t)
	defer conn.Close(ctx)
	got(conn.Exec(ctx, "CREATE TEMP TABLE orders (id INT, item TEXT)"))(t)
	source := pgx.CopyFromRows([][]any{{1, "pen"}, {2, "ink"}})
	equal(t, got(conn.CopyFrom(ctx, pgx.Identifier{"orders"}, []string{"id", "item"}, source))(t), int64(2))
	var b pgx.Batch
	for i := range 2 {
		b.Queue("SELECT item FROM orders WHERE id = $1", i+1)
	}
	results := conn.SendBatch(ctx, &b)
	for range 2 {
		var s string
		must(t, results.QueryRow().Scan(&s))
	}
	must(t, results.Close())
}

// own returns a name that no other body has.
func own() string { return "corpus_" + strings.ToLower(rand.Text()) }

func pgxListen(t testing.TB) {
	ctx := context.Background()
	listener, sender := got(pgx.Connect(ctx, postgres.address))(t), got(pgx.Connect(ctx, postgres.address))(t)
	defer listener.Close(ctx)
	defer sender.Close(ctx)
	channel := own()
	got(listener.Exec(ctx, "LISTEN "+channel))(t)
	got(sender.Exec(ctx, "SELECT pg_notify($1, 'news')", channel))(t)
	equal(t, got(listener.WaitForNotification(ctx))(t).Payload, "news")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	if _, err := listener.WaitForNotification(ctx); err == nil {
		t.Fatal("notified")
	}
}

func pgxCancelled(t testing.TB) {
	conn := got(pgx.Connect(context.Background(), postgres.address))(t)
	defer conn.Close(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	// A cancellation that arrives before the query has begun is lost, so the query must end by itself.
	if _, err := conn.Exec(ctx, "SELECT pg_sleep(1)"); err == nil {
		t.Fatal("not cancelled")
	}
}

func pgxpoolQuery(t testing.TB) {
	ctx := context.Background()
	pool := got(pgxpool.New(ctx, postgres.address))(t)
	defer pool.Close()
	var n int
	must(t, pool.QueryRow(ctx, "SELECT 7").Scan(&n))
	must(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	}))
}

func pgxpoolConcurrent(t testing.TB) {
	ctx := context.Background()
	config := got(pgxpool.ParseConfig(postgres.address))(t)
	config.MaxConns = 3
	config.MinConns = 1
	pool := got(pgxpool.NewWithConfig(ctx, config))(t)
	defer pool.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			conn, err := pool.Acquire(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Release()
			if err := conn.Ping(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func pgxStdlib(t testing.TB) {
	db := stdlib.OpenDB(*got(pgx.ParseConfig(postgres.address))(t))
	defer db.Close()
	queryTwice(t, db)
}

// queryTwice uses a database in a query and in a transaction.
func queryTwice(t testing.TB, db *sql.DB) {
	t.Helper()
	rows, err := db.Query("SELECT 'pen' UNION ALL SELECT 'pen'")
	equal(t, items(t, rows, err), "pen pen")
	tx := got(db.Begin())(t)
	defer tx.Rollback()
	var n int
	must(t, tx.QueryRow("SELECT 7").Scan(&n))
	must(t, tx.Commit())
}

func pqQuery(t testing.TB) {
	db := got(sql.Open("postgres", postgres.address))(t)
	defer db.Close()
	queryTwice(t, db)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	db.ExecContext(ctx, "SELECT pg_sleep(1)") // the cancellation is lost if it arrives before the query has begun
}

func pqListener(t testing.TB) {
	db := got(sql.Open("postgres", postgres.address))(t)
	defer db.Close()
	l := pq.NewListener(postgres.address, time.Second, time.Minute, nil)
	defer l.Close()
	channel := own()
	must(t, l.Listen(channel))
	got(db.Exec("SELECT pg_notify($1, 'news')", channel))(t)
	equal(t, (<-l.Notify).Extra, "news")
}

func mysqlQuery(t testing.TB) {
	db := got(sql.Open("mysql", mariaDB.address))(t)
	defer db.Close()
	queryTwice(t, db)
	stmt := got(db.Prepare("SELECT ? + 1"))(t)
	defer stmt.Close()
	var n int
	must(t, stmt.QueryRow(1).Scan(&n))
}

func mysqlCancelled(t testing.TB) {
	db := sql.OpenDB(got(mysql.NewConnector(got(mysql.ParseDSN(mariaDB.address))(t)))(t))
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := db.ExecContext(ctx, "SELECT SLEEP(1)"); err == nil {
		t.Fatal("not cancelled")
	}
}

func boltBody(t testing.TB) {
	db := got(bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bbolt.Options{NoSync: true}))(t)
	defer db.Close()
	must(t, db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("orders"))
		if err != nil {
			return err
		}
		return b.Put([]byte("1"), []byte("pen"))
	}))
	must(t, db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket([]byte("orders")).Get([]byte("1")); string(v) != "pen" {
			return fmt.Errorf("%q", v)
		}
		return nil
	}))
}

func badgerBody(t testing.TB) {
	options := badger.DefaultOptions("").WithInMemory(true).WithLogger(nil).WithMemTableSize(4 << 20).WithValueThreshold(1 << 10).WithBlockCacheSize(1 << 20)
	db := got(badger.Open(options))(t)
	must(t, db.Update(func(tx *badger.Txn) error { return tx.Set([]byte("1"), []byte("pen")) }))
	must(t, db.View(func(tx *badger.Txn) error {
		if _, err := tx.Get([]byte("2")); !errors.Is(err, badger.ErrKeyNotFound) {
			return errors.New("found")
		}
		item, err := tx.Get([]byte("1"))
		if err != nil {
			return err
		}
		_, err = item.ValueCopy(nil)
		return err
	}))
	must(t, db.Close())
}
