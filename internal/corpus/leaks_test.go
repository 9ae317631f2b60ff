//go:build linux

package corpus

import (
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

// A leak is a body that keeps something until release is called, which is after the
// verdict.
type leak struct {
	name   string
	run    func(testing.TB) (release func())
	names  []string // what the report must say
	opener string   // what it must also say with LEAKTEST=trace, "" if nothing more
	needs  *service
	noted  bool // a note in the log says it, once in a process: whose it is can't be known
}

// settle is how long a check of a leak waits in vain.
const settle = 100 * time.Millisecond

// judged plays the leak under a check and judges the report.
func (l leak) judged(t *testing.T, v verb, trace bool) {
	t.Helper()
	var release func()
	f := play(t.Name(), func(t *fake) {
		v.judge(t, func(t testing.TB) { release = l.run(t) })
	})
	if release != nil {
		defer release()
	}
	names := l.names
	if trace && l.opener != "" {
		names = append(names[:len(names):len(names)], l.opener)
	}
	v.leaks(t, f, names)
}

// isNoted plays the leak until a note in the log names it. Between two of the
// goroutines that a timer starts there is none to see.
func (l leak) isNoted(t *testing.T, v verb) {
	t.Helper()
	var f *fake
	for range 10 {
		var release func()
		f = play(t.Name(), func(t *fake) {
			v.judge(t, func(t testing.TB) { release = l.run(t) })
		})
		release()
		if f.Logs() != "" {
			break
		}
	}
	f.Errorf("%s", f.Logs())
	v.leaks(t, f, l.names)
}

var leakVerbs = map[string]verb{
	"goroutines":  {"leaktest.Check", func(t *fake, body func(testing.TB)) { leaktest.Check(t, leaktest.Settle(settle)); body(t) }},
	"descriptors": {"fdassert.Check", func(t *fake, body func(testing.TB)) { fdassert.Check(t, fdassert.Settle(settle)); body(t) }},
	"heap":        {"memassert.Check", func(t *fake, body func(testing.TB)) { memassert.Check(t, memassert.Settle(settle)); body(t) }},
}

// Every leak is reported, and its place named.
func TestLeaks(t *testing.T) {
	for kind, leaks := range map[string][]leak{"goroutines": goroutineLeaks, "descriptors": descriptorLeaks, "heap": heapLeaks} {
		t.Run(kind, func(t *testing.T) {
			for _, l := range leaks {
				t.Run(l.name, func(t *testing.T) {
					l.needs.there(t)
					if l.noted {
						l.isNoted(t, leakVerbs[kind])
						return
					}
					for range *runs {
						l.judged(t, leakVerbs[kind], false)
					}
				})
			}
		})
	}
}

// With LEAKTEST=trace a report also names who has opened a descriptor.
func TestLeaksTraced(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	for _, l := range descriptorLeaks {
		t.Run(l.name, func(t *testing.T) {
			for range *runs {
				l.judged(t, leakVerbs["descriptors"], true)
			}
		})
	}
}

// growthSample are the leaks that NoGrowth judges by default.
var growthSample = map[string]bool{"map": true, "receive": true, "file held": true}

// What a leak leaves behind with every call is growth.
func TestLeaksGrowth(t *testing.T) {
	memory := verb{name: "memassert.NoGrowth", judge: func(t *fake, body func(testing.TB)) {
		memassert.NoGrowth(t, func() { t.within(body) }, memassert.Settle(settle), memassert.Budget(time.Second))
	}}
	others := verb{name: "leaktest.NoGrowth", judge: func(t *fake, body func(testing.TB)) {
		leaktest.NoGrowth(t, func() { t.within(body) }, leaktest.Settle(settle))
	}}
	for _, kind := range []struct {
		name  string
		verb  verb
		leaks []leak
	}{{"goroutines", others, goroutineLeaks[:10]}, {"descriptors", others, descriptorLeaks}, {"heap", memory, heapLeaks}} {
		t.Run(kind.name, func(t *testing.T) {
			for _, l := range kind.leaks {
				if !*growth && !growthSample[l.name] || strings.Contains(l.name, "forgotten") {
					continue
				}
				t.Run(l.name, func(t *testing.T) {
					var release []func()
					f := play(t.Name(), func(t *fake) {
						kind.verb.judge(t, func(t testing.TB) { release = append(release, l.run(t)) })
					})
					for _, r := range release {
						r()
					}
					var names []string
					for _, name := range l.names {
						if !strings.HasPrefix(name, "+") {
							names = append(names, name)
						}
					}
					kind.verb.leaks(t, f, names)
				})
			}
		})
	}
}

// Tidy users of a pool are not reported, and leaking ones are.
func TestPools(t *testing.T) {
	check := verb{name: "poolassert.Check"}
	noLeak := verb{name: "poolassert.NoLeak"}
	for _, p := range pools {
		t.Run(p.name, func(t *testing.T) {
			p.needs.there(t)
			pool, tidy, leaking := p.open(t)
			for range *runs {
				check.judge = func(t *fake, body func(testing.TB)) { poolassert.Check(t, pool); body(t) }
				check.clean(t, tidy)
				noLeak.judge = func(t *fake, body func(testing.TB)) { poolassert.NoLeak(t, func() { t.within(body) }, pool) }
				noLeak.clean(t, tidy)
				brief := poolassert.With(pool, poolassert.Settle(settle))
				check.judge = func(t *fake, body func(testing.TB)) { poolassert.Check(t, brief); body(t) }
				leak{run: leaking, names: p.names}.judged(t, check, false)
			}
		})
	}
}

// An object that something keeps is reported by Collected, and one that is garbage is not.
func TestCollected(t *testing.T) {
	collected := func(keep bool) func(t *fake, _ func(testing.TB)) {
		return func(t *fake, _ func(testing.TB)) {
			object := &small{user: "me"}
			memassert.Collected(t, object, memassert.Settle(settle))
			if keep {
				kept = object
			}
		}
	}
	for range *runs {
		verb{"memassert.Collected", collected(false)}.clean(t, nil)
		v := verb{"memassert.Collected", collected(true)}
		v.leaks(t, play(t.Name(), func(t *fake) { v.judge(t, nil) }), []string{"corpus.small", "still alive"})
		kept = nil
	}
}
