package check

import "net/http"

// CloseIdleConnections closes what the default HTTP client keeps for its next
// request: connections that nobody uses are no leak of the test that made them.
// One whose response was not read to the end is not idle, and stays.
func CloseIdleConnections() {
	if t, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
