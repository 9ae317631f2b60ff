package leaktest

import (
	"net/http"
	"strings"
)

// anyHTTP reports whether a goroutine serves a connection of an HTTP client.
func anyHTTP(leaks []Leak) bool {
	for _, l := range leaks {
		if l.HasFunc(func(f string) bool { return strings.HasPrefix(f, "net/http.(*persistConn).") }) {
			return true
		}
	}
	return false
}

// closeIdleConnections closes what the default client keeps for its next
// request: connections that nobody uses are no leak of the test that made them.
// One whose response was not read to the end is not idle, and stays.
func closeIdleConnections() {
	if t, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
