package ctxcache

import (
	"net/http"
	"sync"
	"time"
)

// Expiring is the cache mended for those who ask for a request when it is over: it
// keeps the context for a while, and a cleaner removes what has expired. The
// cleaner is a goroutine, so whoever starts one stops it.
type Expiring struct {
	next     http.Handler
	keep     time.Duration
	contexts sync.Map // of entry, by ID

	stop    func()
	cleaner sync.WaitGroup
}

// An entry is a context and when it expires: never while the time is zero.
type entry struct {
	*Context
	expires time.Time
}

func (e entry) expired(now time.Time) bool { return !e.expires.IsZero() && !now.Before(e.expires) }

// StartExpiring is a cache that keeps a context for so long after the request, and
// looks for what has expired every so often, which must be more than 0.
func StartExpiring(next http.Handler, keep, every time.Duration) *Expiring {
	stopped := make(chan struct{})
	c := &Expiring{next: next, keep: keep, stop: sync.OnceFunc(func() { close(stopped) })}
	ticker := time.NewTicker(every) // here, where the caller gets the panic if every is 0
	c.cleaner.Go(func() {
		defer ticker.Stop()
		c.clean(ticker.C, stopped)
	})
	return c
}

// ServeHTTP has the next handler serve the request. Its time begins when that is
// done: a slow request would lose its own context otherwise.
func (c *Expiring) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := begin(w, r)
	c.contexts.Store(ctx.ID, entry{Context: ctx})
	defer func() { c.contexts.Store(ctx.ID, entry{ctx, time.Now().Add(c.keep)}) }()
	c.next.ServeHTTP(w, r)
}

// Lookup is the context of a request that has not expired, whether or not the
// cleaner has come by since.
func (c *Expiring) Lookup(id string) (*Context, bool) {
	e, ok := c.contexts.Load(id)
	if !ok || e.(entry).expired(time.Now()) {
		return nil, false
	}
	return e.(entry).Context, true
}

// Close stops the cleaner and waits for it. Nothing is removed after that, so stop
// serving first.
func (c *Expiring) Close() {
	c.stop()
	c.cleaner.Wait()
}

func (c *Expiring) clean(ticks <-chan time.Time, stopped <-chan struct{}) {
	// Not a range over ticks: Stop does not close them, and it would never end.
	for {
		select {
		case <-stopped:
			return
		case now := <-ticks:
			c.contexts.Range(func(id, e any) bool {
				if e.(entry).expired(now) {
					c.contexts.Delete(id)
				}
				return true
			})
		}
	}
}
