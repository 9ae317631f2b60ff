package cases

import (
	"os"
	"runtime"
	"testing"
)

// TestCollected1 and TestCollected2 forget a file, which the collector closes before they end. This
// binary also sets finalizers that close nothing.
func TestCollected1(t *testing.T) { forgets(t) }
func TestCollected2(t *testing.T) { forgets(t) }

func forgets(t *testing.T) {
	if !on("collected") {
		t.Skip("CASE has no collected")
	}
	checked(t)
	_, _ = os.Open(os.Args[0])
	ran := make(chan bool)
	runtime.SetFinalizer(new(big), func(*big) { close(ran) }) // it runs after that of the file
	runtime.GC()
	<-ran
	runtime.GC()
}
