package poolassert_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/leakassert/leakassert/poolassert"
)

func ExampleDB() {
	db := sql.OpenDB(&connector{})
	defer db.Close()
	conn, _ := db.Conn(context.Background())
	defer conn.Close()
	fmt.Println(poolassert.DB("orders", db).Stats().InUse)
	// Output: 1
}

// A pgxpool.Pool has a method Stat that returns what has these methods.
type pgxStat struct{ acquired, idle int32 }

func (s *pgxStat) AcquiredConns() int32 { return s.acquired }
func (s *pgxStat) IdleConns() int32     { return s.idle }
func (s *pgxStat) TotalConns() int32    { return s.acquired + s.idle }

type pgxPool struct{ pgxStat }

func (p *pgxPool) Stat() *pgxStat { now := p.pgxStat; return &now }

func ExamplePGX() {
	pool := &pgxPool{} // pgxpool.New(ctx, "postgres://…")
	poolassert.NoLeak(t, func() {
		pool.acquired++ // rows, err := pool.Query(ctx, "select …")
		pool.acquired-- // defer rows.Close()
	}, poolassert.PGX("orders", pool))
	// Output:
}

type puddleStat struct{ acquired int32 }

func (s *puddleStat) AcquiredResources() int32 { return s.acquired }
func (s *puddleStat) IdleResources() int32     { return 0 }
func (s *puddleStat) TotalResources() int32    { return s.acquired }

type puddlePool struct{ puddleStat }

func (p *puddlePool) Stat() *puddleStat { now := p.puddleStat; return &now }

func ExamplePuddle() {
	pool := &puddlePool{} // puddle.NewPool(&puddle.Config[…]{…})
	poolassert.NoLeak(t, func() { pool.acquired++ }, poolassert.With(poolassert.Puddle("sessions", pool), poolassert.Settle(0)))
	// Output: pool       +1  sessions  InUse 0 → 1
}

type redisClient struct{ total, idle uint32 }

func (c *redisClient) PoolStats() *struct{ TotalConns, IdleConns uint32 } {
	return &struct{ TotalConns, IdleConns uint32 }{c.total, c.idle}
}

func ExampleRedis() {
	client := &redisClient{total: 3, idle: 3}                                          // redis.NewClient(&redis.Options{…})
	poolassert.NoLeak(t, func() { client.total-- }, poolassert.Redis("cache", client)) // fewer idle ones are no leak
	// Output:
}

type redigoPool struct{ ActiveCount, IdleCount int }

func (p *redigoPool) Stats() redigoPool { return *p }

func ExampleRedigo() {
	pool := &redigoPool{} // &redis.Pool{…}
	poolassert.NoLeak(t, func() { pool.ActiveCount++ }, poolassert.With(poolassert.Redigo("cache", pool), poolassert.Settle(0)))
	// Output: pool       +1  cache  InUse 0 → 1
}

// A semaphore.Weighted has these methods.
type permits chan struct{}

func (p permits) TryAcquire(n int64) bool {
	if int64(cap(p)-len(p)) < n {
		return false
	}
	for range n {
		p <- struct{}{}
	}
	return true
}

func (p permits) Release(n int64) {
	for range n {
		<-p
	}
}

func ExampleSemaphore() {
	files := make(permits, 10) // semaphore.NewWeighted(10)
	poolassert.NoLeak(t, func() {
		files.TryAcquire(3)
		files.Release(2)
	}, poolassert.With(poolassert.Semaphore("files", files, 10), poolassert.Settle(0)))
	// Output: pool       +1  files  InUse 0 → 1
}

func ExampleSlots() {
	slots := make(chan struct{}, 4)
	poolassert.NoLeak(t, func() {
		slots <- struct{}{}
		<-slots // without this line the test fails
	}, poolassert.Slots("slots", slots))
	// Output:
}

func ExampleTransport() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	web := poolassert.Transport("web", client.Transport.(*http.Transport)) // before the first request
	poolassert.NoLeak(t, func() {
		resp, err := client.Get(server.URL)
		if err == nil {
			resp.Body.Close() // without this line the test fails
		}
	}, web)
	// Output:
}

type goes struct{}

func (goes) Submit(task func()) error { go task(); return nil }

func ExampleWorkers() {
	pool := poolassert.Workers("mail", goes{}) // ants.NewPool(10)
	stuck := make(chan struct{})
	poolassert.NoLeak(t, func() {
		_ = pool.Submit(func() { <-stuck })
	}, poolassert.With(pool, poolassert.Settle(0)))
	close(stuck)
	// Output: pool       +1  mail  InUse 0 → 1
}

func ExampleMongo() {
	pool := poolassert.Mongo("orders")
	// monitor := &event.PoolMonitor{Event: func(e *event.PoolEvent) { pool.Event(e.Type, e.Address, e.ConnectionID) }}
	poolassert.NoLeak(t, func() {
		pool.Event("ConnectionCheckedOut", "db:27017", 1)
	}, poolassert.With(pool, poolassert.Settle(0)))
	// Output: pool       +1  orders  InUse 0 → 1
}

func ExampleWatch() {
	free := 3
	poolassert.NoLeak(t, func() { free-- }, poolassert.With(
		poolassert.Watch("licences", func() int { return free },
			poolassert.Gauge[int]{Name: "taken", Value: func(free int) int64 { return int64(3 - free) }}),
		poolassert.Settle(0)))
	// Output: pool       +1  licences  taken 0 → 1
}
