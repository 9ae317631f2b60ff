package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Leaking is the client that closes the body of an answer it reads. That of an error
// keeps its connection, and two goroutines, until the context of the request is
// done.
type Leaking struct {
	HTTP *http.Client
	URL  string
}

// Stock asks for an item.
func (l Leaking) Stock(ctx context.Context, sku string) (item Item, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL+"/stock/"+url.PathEscape(sku), nil)
	if err != nil {
		return item, err
	}
	resp, err := l.HTTP.Do(req)
	if err != nil {
		return item, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return item, ErrUnknown // and the body is open
	default:
		return item, fmt.Errorf("web: the service answers %s", resp.Status) // here too
	}
	defer resp.Body.Close()
	return item, json.NewDecoder(resp.Body).Decode(&item)
}
