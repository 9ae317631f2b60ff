package goprobe

import (
	"slices"
	"strconv"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// Alive returns the leaks that are goroutines which still run.
func Alive(leaks []probe.Leak) (alive []probe.Leak) {
	running := make(map[string]bool)
	goroutine.Dump(func(stacks *goroutine.Stacks) {
		for r := range stacks.All() {
			if g, err := r.Parse(); err == nil {
				running[strconv.FormatUint(g.ID, 10)] = true
			}
		}
	})
	return slices.DeleteFunc(slices.Clone(leaks), func(l probe.Leak) bool { return l.Unit != "goroutine" || !running[l.ID] })
}
