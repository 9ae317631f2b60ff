package leaktest

import (
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
)

// In a test binary the main goroutine is marked before anything runs, so that
// what TestMain starts, or a test before its check, is known by its label, with
// all that it starts in turn.
func init() {
	if testing.Testing() {
		probe.LabelBefore()
	}
}
