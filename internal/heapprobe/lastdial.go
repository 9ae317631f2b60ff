package heapprobe

import (
	"context"
	"net/http"
	"net/http/httptrace"

	"github.com/leakassert/leakassert/internal/probe"
)

// dialled reports whether a leak was allocated for a new connection of an HTTP client.
func dialled(l probe.Leak) bool {
	return l.HasFunc(func(name string) bool { return name == "net/http.(*Transport).getConn" })
}

// forgetLastDial has the default HTTP client begin to dial once more, and give up:
// its list of dials that are under way keeps the last one, with the strings of its
// URL, until the next.
func forgetLastDial() {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { cancel() }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:0/", nil)
	if err != nil {
		return
	}
	if resp, err := t.RoundTrip(r); err == nil {
		resp.Body.Close()
	}
}
