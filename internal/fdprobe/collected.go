package fdprobe

import (
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// collected counts the descriptors that were opened since the start and have been closed by the
// garbage collector. Closing an os.File, an os.Root or a connection of net removes its finalizer,
// so each finalizer that runs has closed one, if nothing else in the binary sets any. The runtime
// counts finalizers without their kinds.
type collected struct {
	start  uint64 // finalizers queued at the start
	ran    uint64 // finalizers run since, except those that may belong to what was open before
	queued uint64 // finalizers and cleanups queued at the last look; cleanups are of processes and of the runtime's pipes
	origin string // see place
}

// look counts again, after the current table has been compared.
func (c *collected) look(now *procfd.Table) (q procstate.Queued) {
	q = procstate.Queue()
	for n := 0; n < 20 && q.Finalized < q.Finalizers && q.Finalizers > c.start; n++ { // finalizers that are about to run
		turn()
		q = procstate.Queue()
	}
	c.ran, c.queued = 0, q.Finalizers+q.Cleanups
	if least := c.start + uint64(len(now.Gone)); q.Finalizers > c.start {
		c.ran = max(q.Finalized, least) - least
	}
	return q
}

// turn lets other goroutines run.
func turn() {
	runtime.Gosched()
	if !probe.InBubble() {
		time.Sleep(time.Millisecond)
	}
}

// note has no number, so that a process says it once.
func (c *collected) note() string {
	if c.ran == 0 || otherFinalizers() == "" {
		return ""
	}
	return "fd: not seen: files and sockets that only the garbage collector closed, before the check looked: " + otherFinalizers()
}

// isForgotten is the evidence for a descriptor that nobody has closed.
var isForgotten = probe.Evidence{Label: "forgotten", Columns: []string{"closed only by the garbage collector"}}

// forgotten returns a leak for what the collector closed before a look could find it open.
func (w *watch) forgotten() []probe.Leak {
	if w.collected.ran == 0 || w.scope.Suite || otherFinalizers() != "" {
		return nil
	}
	return []probe.Leak{{
		Kind: Kind, ID: "forgotten", Count: int64(w.collected.ran), Unit: "descriptor", Columns: []string{"files or sockets"},
		Origin: w.place(), Traceable: "openers", Evidence: []probe.Evidence{isForgotten}, Proven: true, Forgotten: true,
	}}
}

// place returns an origin for what was collected unseen. It is the origin of most descriptors that
// were seen open, so that everything which a body keeps forgetting grows together.
func (w *watch) place() string {
	if w.collected.origin == "" {
		count := map[string]int{"forgotten": 0}
		for _, l := range w.described {
			count[l.Origin]++
		}
		origins := slices.Sorted(maps.Keys(count))
		w.collected.origin = slices.MaxFunc(origins, func(a, b string) int { return count[a] - count[b] })
	}
	return w.collected.origin
}
