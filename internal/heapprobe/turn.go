package heapprobe

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// A turn belongs to a test whose body is being judged. Two bodies at once would each see the
// other's growth.
type turn struct {
	test  string
	steps atomic.Uint64 // iterations and looks
	// beside says that another body was judged at the same time. It is set even when the other
	// one begins later.
	beside atomic.Bool
}

var (
	turns  = make(chan struct{}, 1)
	taken  atomic.Pointer[turn]
	judged sync.Map // the turns of all bodies that are being judged
)

const (
	// mostTurn is the longest wait for a turn.
	mostTurn = 10 * time.Second
	// stalled is how long the holder of the turn may make no progress. It may be waiting for a
	// test that is itself waiting here, because t.Parallel lets only so many run.
	stalled = 100 * time.Millisecond
)

// oneAtATime waits for the body's turn. If the caller is inside the body that has the turn, or that
// body makes no progress, the body is judged beside it, without a turn.
func oneAtATime(test string) (own *turn, done func()) {
	own = &turn{test: test}
	now := taken.Load()
	if now != nil && strings.HasPrefix(test+"/", now.test+"/") || inJudged() {
		own.beside.Store(true)
		return own, func() {}
	}
	hasTurn := !probe.InBubble() && waitForTurn()
	if hasTurn {
		taken.Store(own)
	}
	judged.Store(own, nil)
	for other := range judged.Range {
		if other != own {
			other.(*turn).beside.Store(true)
			own.beside.Store(true)
		}
	}
	return own, func() {
		judged.Delete(own)
		if hasTurn {
			taken.Store(nil)
			<-turns
		}
	}
}

func waitForTurn() bool {
	tick := time.NewTicker(stalled)
	defer tick.Stop()
	for began, last := time.Now(), progress(); time.Since(began) < mostTurn; {
		select {
		case turns <- struct{}{}:
			return true
		case <-tick.C:
			now := progress()
			if now == last {
				return false
			}
			last = now
		}
	}
	return false
}

// step is the progress of the test that has the turn.
type step struct {
	of *turn
	n  uint64
}

func progress() (s step) {
	if s.of = taken.Load(); s.of != nil {
		s.n = s.of.steps.Load()
	}
	return s
}

// inJudged reports whether the calling goroutine runs inside a body that is being judged.
func inJudged() bool {
	var pcs [256]uintptr
	return slices.ContainsFunc(memprofile.Frames(pcs[:runtime.Callers(3, pcs[:])]), func(f probe.Frame) bool {
		return f.Func == names.Module+"internal/heapprobe.(*growth).judge"
	})
}
