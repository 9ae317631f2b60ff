//go:build !alone

package main

import (
	"net/http"

	"github.com/leakassert/leakassert/fdassert"
	_ "github.com/leakassert/leakassert/leaktest/child"
)

func init() {
	http.HandleFunc("/list", func(w http.ResponseWriter, r *http.Request) {
		_, err := fdassert.List() // keeps a descriptor of the library's
		check(err)
	})
}
