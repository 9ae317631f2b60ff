// Package fuzz is a test binary for Check inside of fuzz targets while the
// engine runs.
package fuzz

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m, leaktest.Settle(100*time.Millisecond)) }

var never = make(chan struct{})

func FuzzClean(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {
		leaktest.Check(t)
		done := make(chan struct{})
		if n%2 == 0 {
			go close(done)
			<-done
		}
	})
}

func FuzzLeaks(f *testing.F) {
	f.Add([]byte("a seed that is clean"))
	f.Fuzz(func(t *testing.T, b []byte) {
		leaktest.Check(t)
		if len(b) > 0 && b[0] != 'a' {
			go func() { <-never }()
		}
	})
}
