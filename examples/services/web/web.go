// Package web is a service that knows what is in stock, and its client. The client
// is here twice: as it left a connection open for each error that the service
// answered, and mended.
package web

import (
	"encoding/json"
	"errors"
	"net/http"
)

// ErrUnknown is the error of asking for an item that the service does not know.
var ErrUnknown = errors.New("web: the item is not known")

// An Item is what the service answers.
type Item struct {
	SKU   string `json:"sku"`
	Count int    `json:"count"`
}

// Handler is the service: GET /stock/{sku}.
func Handler(stock map[string]int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stock/{sku}", func(w http.ResponseWriter, r *http.Request) {
		sku := r.PathValue("sku")
		count, ok := stock[sku]
		if !ok {
			// An error has a body as well. Without one there would be nothing to close.
			http.Error(w, "no item "+sku, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(Item{sku, count}) // the client is gone
	})
	return mux
}
