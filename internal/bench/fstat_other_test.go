//go:build !unix

package bench

import "testing"

func benchFstat(*testing.B) string { return "there is no fstat here" }
