package goprobe

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// Goroutines of Ginkgo itself are no leaks of the tests that it runs.
func TestGinkgosOwnGoroutines(t *testing.T) {
	for root, want := range map[string]bool{
		"github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2": true,
		"github.com/bsm/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2":  true,
		"github.com/onsi/ginkgo/v2/internal.(*Suite).runNode.func3":                                            false,
		"example.org/ginkgo/v2/internals.Run":                                                                  false,
		"example.org/shop/internal.Run":                                                                        false,
	} {
		g := goroutine.Goroutine{Frames: []goroutine.Frame{{Func: "time.Sleep"}, {Func: root}}}
		assert.Equal(t, want, ofTesting(g), root)
	}
}
