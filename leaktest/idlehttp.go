package leaktest

import "strings"

// ofHTTPClient reports whether a goroutine serves a connection of an HTTP client.
func ofHTTPClient(l Leak) bool {
	return l.HasFunc(func(f string) bool {
		return strings.HasPrefix(f, "net/http.(*persistConn).") ||
			strings.HasPrefix(f, "net/http.(*http2ClientConn).") || strings.HasPrefix(f, "net/http/internal/http2.(*ClientConn).")
	})
}
