//go:build linux

package corpus

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/panjf2000/ants/v2"
	"golang.org/x/sync/semaphore"

	"github.com/leakassert/leakassert/poolassert"
)

// A pool is used by a tidy body and by one that keeps something out of it. The test
// that opens it closes it.
type pool struct {
	name  string
	open  func(*testing.T) (p poolassert.Pool, tidy func(testing.TB), leaking func(testing.TB) (release func()))
	names []string
	needs *service
}

var pools = []pool{
	{name: "sql rows", open: poolRows, names: []string{"orders", "InUse"}},
	{name: "sql transaction", open: poolTx, names: []string{"orders", "InUse"}},
	{name: "sql conn", open: poolConn, names: []string{"orders", "InUse"}},
	{name: "pgx stdlib rows", needs: postgres, open: poolStdlib, names: []string{"orders", "InUse"}},
	{name: "pgxpool conn", needs: postgres, open: poolPgx, names: []string{"orders"}},
	{name: "pgxpool tx", needs: postgres, open: poolPgxTx, names: []string{"orders"}},
	{name: "go-redis conn", needs: redisDB, open: poolRedis, names: []string{"sessions"}},
	{name: "redigo conn", needs: redisDB, open: poolRedigo, names: []string{"sessions"}},
	{name: "Tracked", open: poolTracked, names: []string{"buffers", "corpus.poolTracked"}},
	{name: "semaphore", open: poolSemaphore, names: []string{"permits"}},
	{name: "slots", open: poolSlots, names: []string{"slots"}},
	{name: "workers", open: poolWorkers, names: []string{"workers", "corpus.poolWorkers"}},
	{name: "transport", open: poolTransport, names: []string{"client"}},
}

func poolRows(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	db := openSQLite(t)
	t.Cleanup(func() { db.Close() })
	return poolassert.DB("orders", db),
		func(t testing.TB) {
			rows, err := db.Query("SELECT item FROM orders")
			items(t, rows, err)
		},
		func(t testing.TB) func() {
			rows, err := db.Query("SELECT item FROM orders")
			must(t, err)
			rows.Next()
			return func() { rows.Close() }
		}
}

func poolTx(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	db := openSQLite(t)
	t.Cleanup(func() { db.Close() })
	return poolassert.DB("orders", db),
		func(t testing.TB) {
			tx := got(db.Begin())(t)
			got(tx.Exec("UPDATE orders SET item = 'pen' WHERE id = 1"))(t)
			must(t, tx.Commit())
		},
		func(t testing.TB) func() {
			tx := got(db.Begin())(t)
			return func() { tx.Rollback() }
		}
}

func poolConn(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	db := openSQLite(t)
	t.Cleanup(func() { db.Close() })
	return poolassert.DB("orders", db),
		func(t testing.TB) {
			conn := got(db.Conn(t.Context()))(t)
			must(t, conn.Close())
		},
		func(t testing.TB) func() {
			conn := got(db.Conn(context.Background()))(t)
			return func() { conn.Close() }
		}
}

func poolStdlib(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	config := got(pgxpool.ParseConfig(postgres.address))(t)
	db := stdlib.OpenDB(*config.ConnConfig)
	t.Cleanup(func() { db.Close() })
	return poolassert.DB("orders", db),
		func(t testing.TB) {
			rows, err := db.Query("SELECT 'pen' FROM generate_series(1, 100)")
			items(t, rows, err)
		},
		func(t testing.TB) func() {
			rows, err := db.Query("SELECT 'pen' FROM generate_series(1, 100)")
			must(t, err)
			rows.Next()
			return func() { rows.Close() }
		}
}

func poolPgx(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	pool := got(pgxpool.New(context.Background(), postgres.address))(t)
	t.Cleanup(pool.Close)
	return poolassert.PGX("orders", pool),
		func(t testing.TB) {
			var n int
			must(t, pool.QueryRow(t.Context(), "SELECT 7").Scan(&n))
		},
		func(t testing.TB) func() {
			conn := got(pool.Acquire(context.Background()))(t)
			return conn.Release
		}
}

func poolPgxTx(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	pool := got(pgxpool.New(context.Background(), postgres.address))(t)
	t.Cleanup(pool.Close)
	return poolassert.PGX("orders", pool),
		func(t testing.TB) {
			tx := got(pool.Begin(t.Context()))(t)
			must(t, tx.Commit(t.Context()))
		},
		func(t testing.TB) func() {
			tx := got(pool.Begin(context.Background()))(t)
			return func() { tx.Rollback(context.Background()) }
		}
}

func poolRedis(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	client := newRedis(t)
	return poolassert.Redis("sessions", client),
		func(t testing.TB) { must(t, client.Ping(t.Context()).Err()) },
		func(t testing.TB) func() {
			conn := client.Conn()
			must(t, conn.Ping(context.Background()).Err())
			return func() { conn.Close() }
		}
}

func poolRedigo(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	pool := &redis.Pool{MaxIdle: 2, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", redisDB.address) }}
	t.Cleanup(func() { pool.Close() })
	return poolassert.Redigo("sessions", pool),
		func(t testing.TB) {
			conn := pool.Get()
			defer conn.Close()
			got(conn.Do("PING"))(t)
		},
		func(t testing.TB) func() {
			conn := pool.Get()
			got(conn.Do("PING"))(t)
			return func() { conn.Close() }
		}
}

func poolTracked(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	pool := poolassert.NewTracked("buffers", func() *[4096]byte { return new([4096]byte) })
	return pool,
		func(testing.TB) { pool.Put(pool.Get()) },
		func(testing.TB) func() {
			b := pool.Get()
			return func() { pool.Put(b) }
		}
}

func poolSemaphore(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	s := semaphore.NewWeighted(3)
	return poolassert.Semaphore("permits", s, 3),
		func(t testing.TB) { must(t, s.Acquire(t.Context(), 2)); s.Release(2) },
		func(t testing.TB) func() {
			must(t, s.Acquire(t.Context(), 1))
			return func() { s.Release(1) }
		}
}

func poolSlots(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	slots := make(chan struct{}, 3)
	return poolassert.Slots("slots", slots),
		func(testing.TB) { slots <- struct{}{}; <-slots },
		func(testing.TB) func() {
			slots <- struct{}{}
			return func() { <-slots }
		}
}

func poolWorkers(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	inner := got(ants.NewPool(3))(t)
	t.Cleanup(inner.Release)
	pool := poolassert.Workers("workers", inner)
	return pool,
		func(t testing.TB) { must(t, pool.Submit(func() {})) },
		func(t testing.TB) func() {
			release := make(chan struct{})
			must(t, pool.Submit(func() { <-release }))
			return func() { close(release) }
		}
}

func poolTransport(t *testing.T) (poolassert.Pool, func(testing.TB), func(testing.TB) func()) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hello(w, r)
		if r.URL.Path == "/long" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
	t.Cleanup(s.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	pool := poolassert.Transport("client", transport)
	return pool,
		func(t testing.TB) {
			resp, err := client.Get(s.URL)
			read(t, resp, err)
		},
		func(t testing.TB) func() {
			resp := got(client.Get(s.URL + "/long"))(t)
			return func() {
				resp.Body.Close()
				for pool.Stats().InUse > 0 { // what comes back during a check hides what leaks meanwhile
					time.Sleep(time.Millisecond)
				}
			}
		}
}
