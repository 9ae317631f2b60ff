package leaktest

import (
	"io"
	"runtime/pprof"
	"strings"
	"time"
)

// A prover asks the runtime's goroutine leak profile, which proves of goroutines
// that nothing reachable can wake them (Go 1.27, or 1.26 with
// GOEXPERIMENT=goroutineleakprofile): those need not be waited for. Asking runs
// the garbage collector, so after a slow answer there are no further questions.
//
// See https://go.dev/issue/74609. After the profile has found a leak a heap
// dump crashes the process, so whatever needs one comes first.
type prover struct {
	times int
	done  bool
}

const slowProof = 200 * time.Millisecond

func (p *prover) asked() bool { return p.times > 0 }

// ask asks; after it a dump marks what is proven.
func (p *prover) ask() bool {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil || p.done {
		return false
	}
	p.times++
	began := time.Now()
	err := profile.WriteTo(io.Discard, 0)
	p.done = time.Since(began) > slowProof
	return err == nil
}

// provable reports whether a goroutine is blocked in a way that the profile
// knows, and not yet proven.
func provable(leaks []Leak) bool {
	for _, l := range leaks {
		if !l.Proven && len(l.Columns) > 0 &&
			(strings.HasPrefix(l.Columns[0], "chan ") || strings.HasPrefix(l.Columns[0], "select") || strings.HasPrefix(l.Columns[0], "sync.")) {
			return true
		}
	}
	return false
}
