package bench

import (
	"testing"

	"github.com/leakassert/leakassert/fdassert"
)

// TestDescriptorCheckers shows that what is measured does check: each finds a
// file that is left open, and nothing when none is.
func TestDescriptorCheckers(t *testing.T) {
	for _, c := range descriptorCheckers(fdassert.Settle(0)) {
		t.Run(c.by, func(t *testing.T) {
			if report := c.check(empty); report != "" {
				t.Error(wrongly(report))
			}
			f, err := openSelf()
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			report := c.check(func() { f, err = openSelf() })
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			if report == "" {
				t.Error("it does not see a file that is left open")
			}
		})
	}
}
