package compat

import (
	"cmp"
	"flag"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var runs = flag.Int("runs", 5, "how often what must hold is tried")

// postgres is the address of a server whose user postgres needs no password.
func postgres(t *testing.T) string {
	address := service(t, "LEAKASSERT_POSTGRES", "127.0.0.1:5432")
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Host: address, Path: "test"}).String()
}

func redisServer(t *testing.T) string { return service(t, "LEAKASSERT_REDIS", "127.0.0.1:6379") }

// service is the address of a server; a test for which there is none is skipped,
// and fails where there must be one.
func service(t *testing.T, variable, address string) string {
	t.Helper()
	address = cmp.Or(os.Getenv(variable), address)
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: set %s to the address of a server", err, variable)
		}
		t.Skipf("%v: set %s to the address of a server", err, variable)
	}
	c.Close()
	return address
}

// soon keeps a failing check from waiting for what a test wants to leak.
func soon(p poolassert.Pool) poolassert.Pool {
	return poolassert.With(p, poolassert.Settle(50*time.Millisecond))
}

// leaks wants body to leave so much out of the pool, and returns the report.
func leaks(t *testing.T, p poolassert.Pool, want string, body func()) (report string) {
	t.Helper()
	f := faketb.New(t.Name() + "/pool") // under the check of Main
	assert.False(t, poolassert.NoLeak(f, body, soon(p)))
	assert.Contains(t, f.Errors(), want)
	return f.Errors()
}

// holds wants body to leave nothing out of the pool, each time.
func holds(t *testing.T, p poolassert.Pool, body func()) {
	t.Helper()
	for i := range *runs {
		f := faketb.New(t.Name() + "/pool") // under the check of Main
		require.True(t, poolassert.NoLeak(f, body, p), "run %d: %s", i+1, f.Errors())
		require.Empty(t, f.Logs(), "run %d", i+1)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
