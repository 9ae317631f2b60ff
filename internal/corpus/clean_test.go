//go:build linux

package corpus

import (
	"testing"
)

// No body may be reported, by any helper.
func TestClean(t *testing.T) {
	for _, b := range bodies {
		t.Run(b.name, func(t *testing.T) {
			b.needs.there(t)
			b.warm(t)
			for range *runs {
				for _, v := range once {
					v.clean(t, b.run)
				}
			}
		})
	}
}

// Nothing that a body allocates may be left, from the second run of it on.
func TestCleanHeap(t *testing.T) {
	for _, b := range bodies {
		if b.keeps != "" {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			b.needs.there(t)
			b.warm(t)
			for range *runs {
				heapOnce.clean(t, b.run)
			}
		})
	}
}

// sample are the bodies that NoGrowth judges by default.
var sample = map[string]bool{
	"http/keep-alive": true, "exec/output": true, "sync/workers": true, "net/TCP echo": true, "sqlite/query": true, "zap": true,
}

// Nothing may grow from run to run.
func TestCleanGrowth(t *testing.T) {
	for _, b := range bodies {
		if !*growth && !sample[b.name] {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			b.needs.there(t)
			for _, v := range often {
				if b.keeps == "" || v.name != "memassert.NoGrowth" {
					v.clean(t, b.run)
				}
			}
		})
	}
}

// warm runs the body without a check, for what is made on first use.
func (b body) warm(t *testing.T) {
	t.Helper()
	for range 2 {
		if f := play(t.Name(), func(t *fake) { b.run(t) }); f.broken() != "" {
			t.Fatal(f.broken())
		}
	}
}
