package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Client is the mended one.
type Client struct {
	HTTP *http.Client
	URL  string
}

// Stock asks for an item.
func (c Client) Stock(ctx context.Context, sku string) (item Item, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/stock/"+url.PathEscape(sku), nil)
	if err != nil {
		return item, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return item, err
	}
	defer finish(resp.Body)
	switch resp.StatusCode {
	case http.StatusOK:
		return item, json.NewDecoder(resp.Body).Decode(&item)
	case http.StatusNotFound:
		return item, ErrUnknown
	}
	return item, fmt.Errorf("web: the service answers %s", resp.Status)
}

// finish reads what is left of a body and closes it. A connection is used again if
// its answer was read to the end; of a long one it is cheaper to make a new one.
func finish(body io.ReadCloser) {
	const long = 64 << 10
	_, _ = io.CopyN(io.Discard, body, long)
	body.Close()
}
