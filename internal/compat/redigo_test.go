package compat

import (
	"context"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

func newRedigo(t *testing.T) *redis.Pool {
	address := redisServer(t)
	pool := &redis.Pool{MaxIdle: 2, DialContext: func(ctx context.Context) (redis.Conn, error) {
		return redis.DialContext(ctx, "tcp", address)
	}}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func getAndForget(t *testing.T, pool *redis.Pool) {
	c := pool.Get()
	t.Cleanup(func() { c.Close() })
	_ = must(c.Do("PING"))
}

func TestRedigo(t *testing.T) {
	pool := newRedigo(t)
	watched := poolassert.Redigo("cache", pool)
	holds(t, watched, func() {
		c := pool.Get()
		_ = must(c.Do("PING"))
		assert.NoError(t, c.Close())
	})
	leaks(t, watched, "cache  InUse 0 → 1", func() { getAndForget(t, pool) })
}

func TestRedigoTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	pool := newRedigo(t)
	report := leaks(t, poolassert.Redigo("cache", pool), "cache  InUse 0 → 1", func() { getAndForget(t, pool) })
	assert.Regexp(t, `\n    checked out  redis\.Conn  compat\.getAndForget  redigo_test\.go:\d+\n`, report)
}

func TestRedigoShrinkingHolds(t *testing.T) {
	pool := newRedigo(t)
	pool.IdleTimeout = time.Millisecond
	holds(t, poolassert.Redigo("cache", pool), func() {
		var all []redis.Conn
		for range 4 {
			all = append(all, pool.Get())
		}
		for _, c := range all {
			_ = must(c.Do("PING"))
			assert.NoError(t, c.Close())
		}
		ctx, cancel := context.WithTimeout(background, 5*time.Millisecond)
		defer cancel()
		c := pool.Get()
		_, err := redis.DoContext(c, ctx, "BLPOP", "leakassert:none", 1)
		assert.Error(t, err)
		c.Close()
	})
}
