package session

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/pipeline"
)

// Returned is called when the function of a test under Main has returned. The test's context ends
// before its cleanups run and releases rows, response bodies and whatever else depends on it. No
// check would see these leaks. So Returned looks for them if something waits for the context, by the
// checks before which no cleanup runs that could release them.
func Returned(t testing.TB) {
	c, ok := t.(interface{ Context() context.Context })
	if !ok || t.Failed() || t.Skipped() || !waitedFor(c.Context()) {
		return
	}
	all := cleanups(t)
	if all == nil {
		return
	}
	checks := pipeline.Around(t) // each of them has registered one cleanup
	for i, c := range checks {
		if c.Before != len(*all)-1-i {
			checks = checks[:i]
			break
		}
	}
	waiting := slices.DeleteFunc(checks, func(c *pipeline.Check) bool { return !c.AtReturn() })
	if len(waiting) > 0 {
		t.Cleanup(func() {
			for _, c := range waiting {
				c.AfterContext()
			}
		})
	}
}

// waitedFor reports whether somebody has asked for the channel of a context's end. It returns false
// if the context package has changed.
func waitedFor(ctx context.Context) bool {
	done := Field[atomic.Value](ctx, "context", "done")
	return done != nil && done.Load() != nil
}

// dropCleanups removes the lists of cleanups that have run, those of a test and of its parallel
// subtests, which the test keeps. Whatever the lists refer to would seem to be left in the heap.
func dropCleanups(t any) {
	c := cleanups(t)
	mu := Field[sync.RWMutex](t, "testing", "mu")
	if c == nil || mu == nil {
		return
	}
	mu.Lock()
	clear((*c)[len(*c):cap(*c)])
	mu.Unlock()
	if subtests := Field[[]*testing.T](t, "testing", "sub"); subtests != nil {
		for _, sub := range *subtests {
			dropCleanups(sub)
		}
	}
}

func cleanups(t any) *[]func() { return Field[[]func()](t, "testing", "cleanups") }

// Field returns an unexported field of a struct of package pkg, nil if there is none of that type.
func Field[T any](of any, pkg, name string) *T {
	v := reflect.ValueOf(of)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || v.Type().Elem().PkgPath() != pkg {
		return nil
	}
	f := v.Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return (*T)(f.Addr().UnsafePointer())
}
