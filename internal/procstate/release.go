package procstate

import (
	"net/http"
	"runtime"
	"time"

	"github.com/leakassert/leakassert/internal/metric"
	"github.com/leakassert/leakassert/internal/probe"
)

// Queued counts the finalizers and cleanups that were queued in this process, and those that have run.
type Queued struct{ Finalizers, Cleanups, Finalized, Cleaned uint64 }

var queue = metric.New("/gc/finalizers/queued:finalizers", "/gc/cleanups/queued:cleanups", "/gc/finalizers/executed:finalizers", "/gc/cleanups/executed:cleanups")

func Queue() Queued {
	n, _ := queue.Read()
	return Queued{n[0], n[1], n[2], n[3]}
}

// Released returns how many finalizers and cleanups have run.
func (q Queued) Released() uint64 { return q.Finalized + q.Cleaned }

// Finalize gives queued finalizers and cleanups time to run, and gives what they have stopped time
// to end.
func Finalize() {
	if probe.InBubble() {
		runtime.Gosched()
		return
	}
	for pause := time.Millisecond; pause < 100*time.Millisecond; pause *= 2 {
		time.Sleep(pause)
		if q := Queue(); pause > 4*time.Millisecond && q.Released() >= q.Finalizers+q.Cleanups {
			return
		}
	}
}

// CloseIdleConnections closes the connections that the default HTTP client keeps for its next
// request: an idle connection is not a leak of the test that made it. A connection whose response
// was not read to the end is not idle, and stays.
func CloseIdleConnections() {
	if t, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
