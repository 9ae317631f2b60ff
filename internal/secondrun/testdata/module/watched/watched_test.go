// Package watched_test leaks through another package of the module, under Main.
package watched_test

import (
	"testing"

	"example.org/leaks/shop"
	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m, leaktest.Heap(), leaktest.Settle(0)) }

// kept is stored in by the test itself.
var kept []*shop.Order

func TestOtherPackage(t *testing.T) {
	for i := range 50 {
		shop.Keep(i)
	}
}

func TestOwn(t *testing.T) {
	for range 50 {
		kept = append(kept, new(shop.Order))
	}
}
