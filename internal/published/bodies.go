// Package published has heap leaks that tagged releases of public modules were
// shipped with, each beside the release that has repaired it.
//
// Both versions of a module are linked: go.mod requires the old one under a path
// that does not exist, leaking.example/..., and replaces it by the real module at
// that version. This takes a module whose packages do not import each other by
// their full path. The timeout package of failsafe-go does, down to an internal
// one; its old version lies under the path of the real module, and runs on the new
// core. The two versions of ristretto differ in the major one and need none of this.
package published

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	fixedmetrics "github.com/VictoriaMetrics/metrics"
	fixedgcache "github.com/bluele/gcache"
	leakingristretto "github.com/dgraph-io/ristretto"
	fixedristretto "github.com/dgraph-io/ristretto/v2"
	"github.com/failsafe-go/failsafe-go"
	leakingtimeout "github.com/failsafe-go/failsafe-go/leaking/timeout"
	fixedtimeout "github.com/failsafe-go/failsafe-go/timeout"
	fixedgocron "github.com/go-co-op/gocron/v2"
	fixedsessions "github.com/gorilla/sessions"
	fixedclockwork "github.com/jonboulle/clockwork"
	leakingclockwork "leaking.example/clockwork"
	leakinggcache "leaking.example/gcache"
	leakinggocron "leaking.example/gocron/v2"
	leakingmetrics "leaking.example/metrics"
	leakingsessions "leaking.example/sessions"
)

// A Case is one published leak. Leaking and Fixed make what lives as long as the
// body, which they return.
type Case struct {
	Name    string // the module and what is used of it
	Why     string // what was kept, and by what
	Source  string // where the leak is described, and the two versions
	Site    string // what the report must name: a function of the module that allocates what stays
	Leaking func() (body func())
	Fixed   func() (body func())
}

// Cases are the published leaks.
var Cases = []Case{
	{
		Name: "bluele/gcache LFU hit",
		Why:  "Each hit of a key adds a node for its new frequency to the list of the cache, and the node of the frequency before it, now empty, is never taken off.",
		Source: "https://github.com/bluele/gcache/issues/71, fixed by https://github.com/bluele/gcache/pull/75; " +
			"leaking github.com/bluele/gcache v0.0.1, fixed v0.0.2",
		Site: "gcache.(*LFUCache).increment",
		Leaking: func() func() {
			c := leakinggcache.New(10).LFU().Build()
			must(c.Set("hot", 1))
			must(c.Set("cold", 2))
			return func() {
				_, err := c.Get("hot")
				must(err)
			}
		},
		Fixed: func() func() {
			c := fixedgcache.New(10).LFU().Build()
			must(c.Set("hot", 1))
			must(c.Set("cold", 2))
			return func() {
				_, err := c.Get("hot")
				must(err)
			}
		},
	},
	{
		Name: "go-co-op/gocron rejected job",
		Why:  "A job that NewJob refuses leaves its context, which is never cancelled, with that of the scheduler.",
		Source: "https://github.com/go-co-op/gocron/issues/857, fixed by https://github.com/go-co-op/gocron/pull/858; " +
			"leaking github.com/go-co-op/gocron/v2 v2.16.2, fixed v2.16.3",
		Site: "(*scheduler).addOrUpdateJob",
		Leaking: func() func() {
			s, err := leakinggocron.NewScheduler()
			must(err)
			return func() {
				_, err := s.NewJob(leakinggocron.DurationJob(0), leakinggocron.NewTask(func() {}))
				mustFail(err)
			}
		},
		Fixed: func() func() {
			s, err := fixedgocron.NewScheduler()
			must(err)
			return func() {
				_, err := s.NewJob(fixedgocron.DurationJob(0), fixedgocron.NewTask(func() {}))
				mustFail(err)
			}
		},
	},
	{
		Name: "dgraph-io/ristretto Clear with TTL",
		Why:  "Clear empties the store but not the index of expiry times: the buckets of what was cleared stay until their time is over.",
		Source: "https://github.com/dgraph-io/ristretto/pull/358 (CHANGELOG of v2.0.0); " +
			"leaking github.com/dgraph-io/ristretto v0.2.0, fixed github.com/dgraph-io/ristretto/v2 v2.0.0",
		Site: "ristretto.(*expirationMap).add",
		Leaking: func() func() {
			c, err := leakingristretto.NewCache(&leakingristretto.Config{
				NumCounters: 64, MaxCost: 64, BufferItems: 64, IgnoreInternalCost: true,
			})
			must(err)
			ttl := time.Hour
			return func() {
				ttl += 10 * time.Second // so that it has a bucket of its own
				c.SetWithTTL("key", 1, 1, ttl)
				c.Wait()
				c.Clear()
			}
		},
		Fixed: func() func() {
			c, err := fixedristretto.NewCache(&fixedristretto.Config[string, int]{
				NumCounters: 64, MaxCost: 64, BufferItems: 64, IgnoreInternalCost: true,
			})
			must(err)
			ttl := time.Hour
			return func() {
				ttl += 10 * time.Second // so that it has a bucket of its own
				c.SetWithTTL("key", 1, 1, ttl)
				c.Wait()
				c.Clear()
			}
		},
	},
	{
		Name: "gorilla/sessions registry per request",
		Why:  "A registry of sessions is kept for each request in a global map, from which only a handler that is wrapped by hand takes it.",
		Source: "https://github.com/gorilla/sessions/issues/59, release notes https://github.com/gorilla/sessions/releases/tag/v1.2.0; " +
			"leaking github.com/gorilla/sessions v1.1.3, fixed v1.2.0",
		Site: "sessions.GetRegistry",
		Leaking: func() func() {
			store := leakingsessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
			return func() {
				_, err := store.Get(httptest.NewRequest("GET", "/", nil), "session")
				must(err)
			}
		},
		Fixed: func() func() {
			store := fixedsessions.NewCookieStore([]byte("0123456789abcdef0123456789abcdef"))
			return func() {
				_, err := store.Get(httptest.NewRequest("GET", "/", nil), "session")
				must(err)
			}
		},
	},
	{
		Name: "VictoriaMetrics/metrics summary unregistered",
		Why:  "UnregisterMetric takes off a summary but not the metrics of its quantiles, which point at it.",
		Source: "https://github.com/VictoriaMetrics/metrics/issues/14; " +
			"leaking github.com/VictoriaMetrics/metrics v1.12.0, fixed v1.12.3 (v1.12.2 cleared one of two lists, and still leaks)",
		Site: "metrics.newSummary",
		Leaking: func() func() {
			set, n := leakingmetrics.NewSet(), 0
			set.NewSummaryExt("anchor", time.Hour, []float64{0.5}) // whose goroutine rotates all the others
			return func() {
				n++
				name := fmt.Sprintf("request_seconds{id=\"%d\"}", n)
				set.NewSummaryExt(name, time.Hour, []float64{0.5})
				set.UnregisterMetric(name)
			}
		},
		Fixed: func() func() {
			set, n := fixedmetrics.NewSet(), 0
			set.NewSummaryExt("anchor", time.Hour, []float64{0.5}) // whose goroutine rotates all the others
			return func() {
				n++
				name := fmt.Sprintf("request_seconds{id=\"%d\"}", n)
				set.NewSummaryExt(name, time.Hour, []float64{0.5})
				set.UnregisterMetric(name)
			}
		},
	},
	{
		Name: "jonboulle/clockwork fake ticker stopped",
		Why:  "Stop ends the goroutine of a fake clock's ticker but leaves its sleeper and channel in the list of those that wait for the clock.",
		Source: "https://github.com/jonboulle/clockwork/pull/44; " +
			"leaking github.com/jonboulle/clockwork v0.3.0, fixed v0.5.0 (first in v0.4.0)",
		Site: "clockwork.(*fakeClock).After",
		Leaking: func() func() {
			clock := leakingclockwork.NewFakeClock()
			return func() { clock.NewTicker(time.Hour).Stop() }
		},
		Fixed: func() func() {
			clock := fixedclockwork.NewFakeClock()
			return func() { clock.NewTicker(time.Hour).Stop() }
		},
	},
	{
		Name: "failsafe-go timeout under a long-lived context",
		Why:  "An execution that ends in time is never cancelled, and its context stays with that of the executor.",
		Source: "https://github.com/failsafe-go/failsafe-go/issues/134 (CHANGELOG of v0.9.6); " +
			"leaking the timeout package of github.com/failsafe-go/failsafe-go v0.9.5, fixed v0.9.6",
		Site:    "failsafe-go.(*execution[...]).CopyForCancellable",
		Leaking: func() func() { return runWith(leakingtimeout.New[any](time.Hour)) },
		Fixed:   func() func() { return runWith(fixedtimeout.New[any](time.Hour)) },
	},
}

// runWith is a body that runs a task under the policy p and a context that lives
// as long as the body and can be cancelled.
func runWith(p failsafe.Policy[any]) func() {
	ctx, cancel := context.WithCancel(context.Background())
	executor := failsafe.With(p).WithContext(ctx)
	return func() {
		if err := executor.Run(func() error { return nil }); err != nil {
			cancel()
			panic(err)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func mustFail(err error) {
	if err == nil {
		panic("published: a call that must fail has not")
	}
}
