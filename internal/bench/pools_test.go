package bench

import (
	"context"
	"strings"
	"testing"
)

// TestPoolCheckers shows that what is measured does check.
func TestPoolCheckers(t *testing.T) {
	for _, c := range poolCheckers() {
		t.Run(c.by, func(t *testing.T) {
			if report := c.check(empty); report != "" {
				t.Error(wrongly(report))
			}
			report := c.check(func() {
				conn, err := lender.Conn(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
			})
			if !strings.Contains(report, "orders  InUse 0 → 1") {
				t.Errorf("it does not see a connection that is out: %q", report)
			}
		})
	}
}
