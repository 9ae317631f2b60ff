package leaktest

import (
	"net/http"
	"strings"
)

// ofHTTPClient reports whether a goroutine serves a connection of an HTTP client.
func ofHTTPClient(l Leak) bool {
	return l.HasFunc(func(f string) bool {
		return strings.HasPrefix(f, "net/http.(*persistConn).") ||
			strings.HasPrefix(f, "net/http.(*http2ClientConn).") || strings.HasPrefix(f, "net/http/internal/http2.(*ClientConn).")
	})
}

// closeIdleConnections closes what the default client keeps for its next
// request: connections that nobody uses are no leak of the test that made them.
// One whose response was not read to the end is not idle, and stays.
func closeIdleConnections() {
	if t, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
