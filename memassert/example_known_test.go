//go:build linux && (amd64 || arm64)

package memassert_test

import "github.com/leakassert/leakassert/memassert"

// Elsewhere the types of objects, or what holds them, are not known.

func ExampleIgnoreType() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.IgnoreType("memassert_test.invoice"))
	// Output:
}

func ExampleIgnoreHeldBy() {
	memassert.NoLeak(t, func() {
		latest = &invoice{id: 1}
	}, memassert.IgnoreHeldBy("memassert_test.latest"))
	// Output:
}
