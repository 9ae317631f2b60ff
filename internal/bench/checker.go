package bench

import (
	"time"

	fortytw2 "github.com/fortytw2/leaktest"
	"github.com/leakassert/leakassert/leaktest"
	"go.uber.org/goleak"
)

// A checker checks body for leaks and returns its report: "" when body is clean.
type checker func(body func()) (report string)

func noLeak(opts ...leaktest.Option) checker {
	return func(body func()) string {
		t := new(tb)
		leaktest.NoLeak(t, body, opts...)
		return t.report
	}
}

func check(opts ...leaktest.Option) checker {
	return func(body func()) string {
		t := new(tb)
		leaktest.Check(t, opts...)
		body()
		t.end()
		return t.report
	}
}

// goleakFind is what goleak offers to a test among goroutines that are there
// already.
func goleakFind(body func()) string {
	current := goleak.IgnoreCurrent()
	body()
	if err := goleak.Find(current); err != nil {
		return err.Error()
	}
	return ""
}

// goleakRetries is how long goleak v1.3.0 sleeps before its verdict: 20 times,
// 1 µs at first and twice as long each time, up to 100 ms.
const goleakRetries = (1<<17-1)*time.Microsecond + 3*100*time.Millisecond

// fortytw2Check reads stacks into a fixed buffer of 2 MiB. Past some 7800
// goroutines, fewer with deep stacks, it does not see the others: it looks at
// no more than that however many there are, misses leaks, and fails clean tests
// whenever the buffer ends within a header or other goroutines fit into it the
// second time.
func fortytw2Check(settle time.Duration) checker {
	return func(body func()) string {
		t := new(tb)
		done := fortytw2.CheckTimeout(t, settle)
		body()
		done()
		return t.report
	}
}
