package published

import (
	"context"
	"fmt"
	"net/http"
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
	"github.com/valyala/fasthttp"
	leakingfasthttp "gopkg.in/DataDog/dd-trace-go.v1/contrib/leaking.v1/contrib/valyala/fasthttp.v1"
	fixedfasthttp "gopkg.in/DataDog/dd-trace-go.v1/contrib/valyala/fasthttp.v1"
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
	Site    string // what the report must name: a function or type of the module that makes what stays
	Holder  string // and the field or variable that holds it; "" if a pending timer may be shown instead
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
		Site:    "gcache.(*LFUCache).increment",
		Holder:  ".(*gcache.LFUCache).freqList.",
		Leaking: func() func() { return hit(leakinggcache.New(10).LFU().Build()) },
		Fixed:   func() func() { return hit(fixedgcache.New(10).LFU().Build()) },
	},
	{
		Name: "go-co-op/gocron rejected job",
		Why:  "A job that NewJob refuses leaves its context, which is never cancelled, with that of the scheduler.",
		Source: "https://github.com/go-co-op/gocron/issues/857, fixed by https://github.com/go-co-op/gocron/pull/858; " +
			"leaking github.com/go-co-op/gocron/v2 v2.16.2, fixed v2.16.3",
		Site:   "(*scheduler).addOrUpdateJob",
		Holder: ".shutdownCtx.(*context.cancelCtx).children  map[context.canceler]struct {}",
		Leaking: func() func() {
			return reject(must(leakinggocron.NewScheduler()), leakinggocron.DurationJob(0), leakinggocron.NewTask(func() {}))
		},
		Fixed: func() func() {
			return reject(must(fixedgocron.NewScheduler()), fixedgocron.DurationJob(0), fixedgocron.NewTask(func() {}))
		},
	},
	{
		Name: "dgraph-io/ristretto Clear with TTL",
		Why:  "Clear empties the store but not the index of expiry times: the buckets of what was cleared stay until their time is over.",
		Source: "https://github.com/dgraph-io/ristretto/pull/358 (CHANGELOG of v2.0.0); " +
			"leaking github.com/dgraph-io/ristretto v0.2.0, fixed github.com/dgraph-io/ristretto/v2 v2.0.0",
		Site:   "ristretto.(*expirationMap).add",
		Holder: ".expiryMap.buckets  map[int64]ristretto.bucket",
		Leaking: func() func() {
			config := leakingristretto.Config{NumCounters: 64, MaxCost: 64, BufferItems: 64, IgnoreInternalCost: true}
			return expire(must(leakingristretto.NewCache(&config)), "key", 1)
		},
		Fixed: func() func() {
			config := fixedristretto.Config[string, int]{NumCounters: 64, MaxCost: 64, BufferItems: 64, IgnoreInternalCost: true}
			return expire(must(fixedristretto.NewCache(&config)), "key", 1)
		},
	},
	{
		Name: "gorilla/sessions registry per request",
		Why:  "A registry of sessions is kept for each request in a global map, from which only a handler that is wrapped by hand takes it.",
		Source: "https://github.com/gorilla/sessions/issues/59, release notes https://github.com/gorilla/sessions/releases/tag/v1.2.0; " +
			"leaking github.com/gorilla/sessions v1.1.3, fixed v1.2.0",
		Site:    ".(*sessions.Registry).sessions",
		Holder:  "suspect  context.data  map[*http.Request]map[interface {}]interface {}",
		Leaking: func() func() { return request(leakingsessions.NewCookieStore(secret)) },
		Fixed:   func() func() { return request(fixedsessions.NewCookieStore(secret)) },
	},
	{
		Name: "DataDog/dd-trace-go options of fasthttp's spans",
		Why:  "The handler adds the options of each request's span, which are closures, to the options that all requests share.",
		Source: "https://github.com/DataDog/dd-trace-go/issues/2961; " +
			"leaking contrib/valyala/fasthttp.v1 of gopkg.in/DataDog/dd-trace-go.v1 v1.69.0, fixed v1.70.0",
		Site:    "fasthttp.v1.defaultSpanOptions",
		Holder:  "captures spanOpts",
		Leaking: func() func() { return serve(leakingfasthttp.WrapHandler(answer)) },
		Fixed:   func() func() { return serve(fixedfasthttp.WrapHandler(answer)) },
	},
	{
		Name: "VictoriaMetrics/metrics summary unregistered",
		Why:  "UnregisterMetric takes off a summary but not the metrics of its quantiles, which point at it.",
		Source: "https://github.com/VictoriaMetrics/metrics/issues/14; " +
			"leaking github.com/VictoriaMetrics/metrics v1.12.0, fixed v1.12.3 (v1.12.2 cleared one of two lists, and still leaks)",
		Site:    "metrics.newSummary",
		Holder:  ".(*metrics.Set).a[…].metric.(*metrics.quantileValue).sm",
		Leaking: func() func() { return summarise(leakingmetrics.NewSet()) },
		Fixed:   func() func() { return summarise(fixedmetrics.NewSet()) },
	},
	{
		Name: "jonboulle/clockwork fake ticker stopped",
		Why:  "Stop ends the goroutine of a fake clock's ticker but leaves its sleeper and channel in the list of those that wait for the clock.",
		Source: "https://github.com/jonboulle/clockwork/pull/44; " +
			"leaking github.com/jonboulle/clockwork v0.3.0, fixed v0.5.0 (first in v0.4.0)",
		Site:    "clockwork.(*fakeClock).After",
		Holder:  ".(*clockwork.fakeClock).sleepers  []*clockwork.sleeper",
		Leaking: func() func() { return tick(leakingclockwork.NewFakeClock()) },
		Fixed:   func() func() { return tick(fixedclockwork.NewFakeClock()) },
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

// hit gets one of two keys again and again.
func hit(c interface {
	Set(key, value any) error
	Get(key any) (any, error)
}) func() {
	for _, key := range []string{"hot", "cold"} {
		must(0, c.Set(key, 1))
	}
	return func() { must(c.Get("hot")) }
}

// reject adds a job that the scheduler refuses.
func reject[D, T, O, J any](s interface{ NewJob(D, T, ...O) (J, error) }, when D, task T) func() {
	return func() {
		if _, err := s.NewJob(when, task); err == nil {
			panic("published: a call that must fail has not")
		}
	}
}

// expire stores a key and clears the cache, each time with a bucket of expiry of its own.
func expire[K, V any](c interface {
	SetWithTTL(K, V, int64, time.Duration) bool
	Wait()
	Clear()
}, key K, value V) func() {
	ttl := time.Hour
	return func() {
		ttl += 10 * time.Second
		c.SetWithTTL(key, value, 1, ttl)
		c.Wait()
		c.Clear()
	}
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// request gets the session of a new request.
func request[S any](store interface {
	Get(*http.Request, string) (S, error)
}) func() {
	return func() { must(store.Get(httptest.NewRequest("GET", "/", nil), "session")) }
}

func answer(*fasthttp.RequestCtx) {}

// serve has a handler answer a request.
func serve(handler fasthttp.RequestHandler) func() {
	return func() {
		var request fasthttp.RequestCtx
		request.Request.SetRequestURI("http://host/path")
		handler(&request)
	}
}

// summarise registers a summary under a new name and removes it. The goroutine of the
// first summary rotates all the others.
func summarise[S any](set interface {
	NewSummaryExt(name string, window time.Duration, quantiles []float64) S
	UnregisterMetric(name string) bool
}) func() {
	n := 0
	set.NewSummaryExt("anchor", time.Hour, []float64{0.5})
	return func() {
		n++
		name := fmt.Sprintf("request_seconds{id=\"%d\"}", n)
		set.NewSummaryExt(name, time.Hour, []float64{0.5})
		set.UnregisterMetric(name)
	}
}

// tick starts a ticker and stops it.
func tick[T interface{ Stop() }](clock interface{ NewTicker(time.Duration) T }) func() {
	return func() { clock.NewTicker(time.Hour).Stop() }
}

// runWith runs a task under a policy and a context that can be cancelled and lives as
// long as the body.
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

// must returns the value of a call that has not failed.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
