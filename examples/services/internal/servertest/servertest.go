// Package servertest finds the servers that the examples' tests talk to, and gives
// each test a place of its own there.
package servertest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// absent skips a test whose server does not answer. In CI that would hide that
// nothing is tested any more, so there it fails.
func absent(t testing.TB, what, variable string, err error) {
	t.Helper()
	say := t.Skipf
	if os.Getenv("CI") == "true" {
		say = t.Fatalf
	}
	say("no %s to test with: set %s to where it is: %v", what, variable, err)
}

// where is the value of an environment variable, or what it is by default.
func where(variable, otherwise string) string {
	if s := os.Getenv(variable); s != "" {
		return s
	}
	return otherwise
}

// own is a name that no other test, of this run or of another one, has.
func own() string { return "leakassert_" + strings.ToLower(rand.Text()) }

// brief is a context for setting up and tearing down. It is not the test's, which
// is done when its cleanups run.
func brief() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 10*time.Second)
}

// within is the DSN, a URL or keywords, with a schema that tables are made and
// looked for in.
func within(dsn, schema string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return dsn + " search_path=" + schema
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
