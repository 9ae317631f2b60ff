package servertest

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
)

// Redis is the address of the server that LEAKASSERT_REDIS names, and how the
// test's keys and channels begin. Keys with that prefix are deleted when the test
// ends.
func Redis(t testing.TB) (address, prefix string) {
	t.Helper()
	const variable = "LEAKASSERT_REDIS"
	address = where(variable, "127.0.0.1:6379")
	ctx, cancel := brief()
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		absent(t, "Redis", variable, err)
	}
	prefix = own() + ":"
	t.Cleanup(func() {
		ctx, cancel := brief()
		defer cancel()
		client := redis.NewClient(&redis.Options{Addr: address})
		defer client.Close()
		keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			assert.NoError(t, client.Del(ctx, keys.Val()).Err())
		}
		assert.NoError(t, keys.Err())
	})
	return address, prefix
}
