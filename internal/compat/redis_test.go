package compat

import (
	"context"
	"testing"
	"time"

	"github.com/leakassert/leakassert/poolassert"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
)

// Each kind of client is a pool.
var _ = []func() poolassert.Pool{
	func() poolassert.Pool { return poolassert.Redis("client", (*redis.Client)(nil)) },
	func() poolassert.Pool { return poolassert.Redis("cluster", (*redis.ClusterClient)(nil)) },
	func() poolassert.Pool { return poolassert.Redis("ring", (*redis.Ring)(nil)) },
	func() poolassert.Pool { return poolassert.Redis("any", redis.UniversalClient(nil)) },
}

func newRedis(t *testing.T) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: redisServer(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}

func keepConn(t *testing.T, client *redis.Client) {
	c := client.Conn()
	assert.NoError(t, c.Ping(background).Err())
	t.Cleanup(func() { c.Close() })
}

func subscribe(t *testing.T, client *redis.Client) {
	s := client.Subscribe(background, "orders")
	must(s.Receive(background))
	t.Cleanup(func() { s.Close() })
}

func TestRedisLeaks(t *testing.T) {
	client := newRedis(t)
	watched := poolassert.Redis("cache", client)
	leaks(t, watched, "cache  InUse 0 → 1", func() { keepConn(t, client) })
	leaks(t, watched, "cache  PubSub 0 → 1", func() { subscribe(t, client) })
	report := leaks(t, watched, "cache  PubSub 1 → 3  InUse 1 → 2", func() {
		subscribe(t, client)
		subscribe(t, client)
		keepConn(t, client)
	})
	t.Log(report)
}

func TestRedisTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	client := newRedis(t)
	watched := poolassert.Redis("cache", client)
	assert.NoError(t, client.Ping(background).Err())
	report := leaks(t, watched, "cache  InUse 0 → 1", func() { keepConn(t, client) })
	assert.Regexp(t, `\n    checked out  \*redis\.Conn  compat\.keepConn  redis_test\.go:\d+\n`, report)
	report = leaks(t, watched, "cache  PubSub 0 → 1", func() { subscribe(t, client) })
	assert.Regexp(t, `\n    checked out  \*redis\.PubSub  compat\.subscribe  redis_test\.go:\d+\n`, report)
}

func TestRedisHolds(t *testing.T) {
	client := newRedis(t)
	watched := poolassert.Redis("cache", client)
	for name, body := range map[string]func(){
		"commands": func() {
			assert.NoError(t, client.Set(background, "leakassert", "1", time.Second).Err())
			_, err := client.Pipelined(background, func(p redis.Pipeliner) error {
				p.Get(background, "leakassert")
				p.Del(background, "leakassert")
				return nil
			})
			assert.NoError(t, err)
		},
		"transaction": func() {
			assert.NoError(t, client.Watch(background, func(tx *redis.Tx) error { return tx.Ping(background).Err() }, "leakassert"))
		},
		"conn closed": func() {
			c := client.Conn()
			assert.NoError(t, c.Ping(background).Err())
			assert.NoError(t, c.Close())
		},
		"unsubscribed": func() {
			s := client.Subscribe(background, "orders")
			must(s.Receive(background))
			assert.NoError(t, s.Close())
		},
		"cancelled in mid-command": func() {
			ctx, cancel := context.WithTimeout(background, 5*time.Millisecond)
			defer cancel()
			assert.Error(t, client.BLPop(ctx, time.Second, "leakassert:none").Err())
		},
		"at the same time": func() {
			done := make(chan error)
			for range 8 {
				go func() { done <- client.Ping(background).Err() }()
			}
			for range 8 {
				assert.NoError(t, <-done)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { holds(t, watched, body) })
	}
}

func TestRedisShrinkingHolds(t *testing.T) {
	client := redis.NewClient(&redis.Options{
		Addr: redisServer(t), MinIdleConns: 2, MaxIdleConns: 3, ConnMaxIdleTime: time.Millisecond, ConnMaxLifetime: 2 * time.Millisecond,
	})
	t.Cleanup(func() { client.Close() })
	holds(t, poolassert.Redis("cache", client), func() {
		a, b := client.Conn(), client.Conn()
		assert.NoError(t, a.Ping(background).Err())
		assert.NoError(t, b.Ping(background).Err())
		a.Close()
		b.Close()
	})
}

func TestRedisRing(t *testing.T) {
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": redisServer(t)}})
	t.Cleanup(func() { ring.Close() })
	watched := poolassert.Redis("ring", ring)
	holds(t, watched, func() { assert.NoError(t, ring.Ping(background).Err()) })
	leaks(t, watched, "ring  InUse 0 → 1", func() {
		assert.NoError(t, ring.ForEachShard(background, func(_ context.Context, c *redis.Client) error {
			keepConn(t, c)
			return nil
		}))
	})
}
