package rewritten

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func initialise(broken bool) Program {
	var ready atomic.Bool
	var value atomic.Int64
	var mu sync.Mutex
	fault := ""
	get := func() {
		if !leakassert_at(&ready, 1201, 33).Load() {
			leakassert_MutexLock(&mu, 1202)
			if !leakassert_at(&ready, 1203, 33).Load() {
				if broken {
					leakassert_at(&ready, 1204, 34).Store(true)
				}
				leakassert_at(&value, 1205, 66).Store(42)
				leakassert_at(&ready, 1206, 34).Store(true)
			}
			leakassert_MutexUnlock(&mu, 1207)
		}
		if leakassert_at(&value, 1208, 65).Load() != 42 {
			fault = "not initialised"
		}
	}
	return Program{Tasks: []func(){get, get}, After: func() string { return fault }}
}

func once(broken bool) Program {
	var o sync.Once
	var did atomic.Bool
	var runs atomic.Int32 // not announced: it is the test's own
	f := func() {
		runs.Add(1)
		leakassert_Gosched(2001)
	}
	task := func() {
		if !broken {
			leakassert_OnceDo(&o, f, 2002)
		} else if !leakassert_at(&did, 2003, 33).Load() {
			f()
			leakassert_at(&did, 2004, 34).Store(true)
		}
		if runs.Load() == 0 {
			panic("did not run")
		}
	}
	return Program{Tasks: []func(){task, task}, After: func() string {
		if runs.Load() > 1 {
			return "ran twice"
		}
		return ""
	}}
}

// OnceValues calls functions of package sync that keep a result.
func OnceValues() Program {
	runs := 0
	f := leakassert_OnceFunc(func() {
		runs++
		leakassert_Gosched(2101)
	}, 2102)
	v := leakassert_OnceValue(func() int {
		runs++
		leakassert_Gosched(2103)
		return runs
	}, 2104)
	vs := leakassert_OnceValues(func() (int, error) {
		runs++
		leakassert_Gosched(2105)
		return runs, nil
	}, 2106)
	task := func() {
		f()
		a := v()
		b, err := vs()
		if a != 2 || b != 3 || err != nil {
			panic(fmt.Sprint(a, b, err))
		}
	}
	return Program{Tasks: []func(){task, task}, After: func() string {
		if runs != 3 {
			return fmt.Sprintf("%d runs, want 3", runs)
		}
		return ""
	}}
}
