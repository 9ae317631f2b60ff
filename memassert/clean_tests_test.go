package memassert_test

import (
	"strings"
	"testing"
)

var cleanTests = []cleanBody{
	{
		name: "t.Log", talks: true, why: "the testing package keeps output until the test is over",
		start: func(t *testing.T) func() {
			return func() { t.Log("order", anOrder.ID, "is done") }
		},
	},
	{
		name: "t.Logf", talks: true, why: "the testing package keeps long output, too",
		start: func(t *testing.T) func() {
			long := strings.Repeat("all work and no play ", 20)
			return func() { t.Logf("order %d is done: %s", anOrder.ID, long) }
		},
	},
	{
		name: "t.Run", talks: true, why: "the testing package keeps the name of each subtest, and its output",
		start: func(t *testing.T) func() {
			return func() {
				t.Run("sub", func(t *testing.T) {
					t.Log("here")
					t.Cleanup(func() {})
				})
			}
		},
	},
	{
		name: "t.Run of t.Run", talks: true, why: "a subtest has subtests",
		start: func(t *testing.T) func() {
			return func() {
				t.Run("sub", func(t *testing.T) {
					t.Run("a", func(t *testing.T) { _ = t.TempDir })
					t.Run("b", func(t *testing.T) { t.Setenv("MEMASSERT_TEST", "1") })
				})
			}
		},
	},
}
