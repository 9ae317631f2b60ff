//lint:file-ignore U1000 Types stand for those of other goleaks, whose fields are only reflected on.

package goprobe

import (
	"errors"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

// A nextStack and its options are as goleak's master has them.
type nextStack struct {
	id                              int
	state, createdBy, firstFunction string
	allFunctions                    map[string]struct{}
	fullStack                       string
}

type nextOpts struct {
	filters      []func(nextStack) bool
	maxRetries   int
	maxSleep     time.Duration
	cleanup      func(int)
	runOnFailure bool
}

func createdBy(f string) func(*nextOpts) {
	return func(o *nextOpts) {
		o.filters = append(o.filters, func(s nextStack) bool { return s.createdBy == f })
	}
}

// asked is what AskGoleak does, for options of another goleak.
func asked[O any](find func(ofOptions bool) error, opts ...func(*O)) *Goleak {
	g := &Goleak{find: find}
	read(g, func(*O) {}, opts)
	return g
}

func stuck(id, function, creator string) probe.Leak {
	return probe.Leak{Kind: Kind, ID: id, Columns: []string{"chan receive"}, Frames: []probe.Frame{{Func: function}}, CreatedBy: probe.Frame{Func: creator}}
}

var (
	one   = stuck("1", "a/b.work", "a/b.Start")
	two   = stuck("2", "a/b.work", "a/b.Other")
	file  = probe.Leak{Kind: "fd", ID: "1"}
	three = []probe.Leak{one, two, file}
)

func ids(leaks []probe.Leak) (ids []string) {
	for _, l := range leaks {
		ids = append(ids, l.Kind+l.ID)
	}
	return ids
}

func TestGoleakInstalled(t *testing.T) {
	called := 0
	g := AskGoleak([]goleak.Option{goleak.IgnoreTopFunction("a/b.work"), goleak.Cleanup(func(code int) { called = code })})
	assert.Empty(t, g.Note, "the installed goleak is known")
	assert.Equal(t, []string{"fd1"}, ids(g.Sift(three)))
	g.Cleanup(7)
	assert.Equal(t, 7, called)
	assert.Equal(t, []string{"goroutine1", "goroutine2", "fd1"}, ids(AskGoleak(nil).Sift(three)))
}

func TestGoleakNext(t *testing.T) {
	g := asked(nil, createdBy("a/b.Start"), func(o *nextOpts) { o.runOnFailure = true }, func(o *nextOpts) { o.cleanup = func(int) {} })
	assert.Empty(t, g.Note)
	assert.Equal(t, []string{"goroutine2", "fd1"}, ids(g.Sift(three)))
	assert.NotNil(t, g.Cleanup)
}

func TestGoleakSeesNamesAsTheLinkerHasThem(t *testing.T) {
	goroutine.Unescape("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).mill") // as a dump has it
	mill := stuck("3", "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack.v2.(*Logger).mill.func1")
	for name, ignored := range map[string]bool{
		"gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun": true,
		"gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun":   false, // as goleak itself decides
	} {
		g := AskGoleak([]goleak.Option{goleak.IgnoreTopFunction(name)})
		assert.Equal(t, ignored, len(g.Sift([]probe.Leak{mill})) == 0, name)
		g = AskGoleak([]goleak.Option{goleak.IgnoreAnyFunction(name)})
		assert.Equal(t, ignored, len(g.Sift([]probe.Leak{mill})) == 0, name)
	}
	assert.Empty(t, asked(nil, createdBy("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).mill.func1")).Sift([]probe.Leak{mill}))
}

// What is not known of goleak never makes an option do nothing, or ignore all.
func TestGoleakUnknown(t *testing.T) {
	type waitStack struct {
		id      int
		waiting time.Duration
	}
	type waitOpts struct{ filters []func(waitStack) bool }
	type depthOpts struct {
		filters []func(nextStack) bool
		depth   int
	}
	type retryOpts struct {
		filters    []func(nextStack) bool
		maxRetries int64
	}
	type listOpts struct{ ignored []string }
	// find does not ignore 1; its own exceptions are what its error does not name without options.
	find := func(ofOptions bool) error {
		if ofOptions {
			return errors.New("found unexpected goroutines:\n[Goroutine 1 in state chan receive, with …]")
		}
		return errors.New("found unexpected goroutines:\n[Goroutine 1 in state chan receive, with …\nGoroutine 2 in state chan receive, with …]")
	}
	for _, c := range []struct {
		g    *Goleak
		note string
	}{
		{asked(find, func(*waitOpts) {}), "its stack has a field waiting of type time.Duration"},
		{asked(find, func(*depthOpts) {}), "its option set has a field depth of type int"},
		{asked(find, func(*retryOpts) {}), "its option set has a field maxRetries of type int64"},
		{asked(find, func(*listOpts) {}), "its option set has no field filters of type []func(stack.Stack) bool"},
	} {
		assert.Contains(t, c.g.Note, c.note)
		assert.Equal(t, []string{"goroutine1", "fd1"}, ids(c.g.Sift(three)))
	}
	g := &Goleak{find: find}
	read(g, struct{}{}, nil)
	assert.Contains(t, g.Note, "its options are of type struct {}")
	g = &Goleak{find: find}
	read[any](g, createdBy(""), []any{"a string"})
	assert.Contains(t, g.Note, "it has an option of type string")
}

func TestGoleakUnknownFind(t *testing.T) {
	type unknownOpts struct{ ignored []string }
	for _, c := range []struct {
		why  string
		find func(ofOptions bool) error
		want []string
	}{
		{"it ignores all", func(ofOptions bool) error {
			if ofOptions {
				return nil
			}
			return errors.New("found unexpected goroutines:\n[Goroutine 1 in state x, Goroutine 2 in state x, ]")
		}, []string{"fd1"}},
		{"by exceptions of its own", func(bool) error { return nil }, []string{"goroutine1", "goroutine2", "fd1"}},
		{"it refuses the options", func(bool) error { return errors.New("can only be passed to VerifyNone") }, []string{"goroutine1", "goroutine2", "fd1"}},
		{"it panics", func(bool) error { panic("a deep stack") }, []string{"goroutine1", "goroutine2", "fd1"}},
	} {
		assert.ElementsMatch(t, c.want, ids(asked(c.find, func(*unknownOpts) {}).Sift(three)), c.why)
	}
}

func TestNote(t *testing.T) {
	w, err := Note{Text: "goleak is newer"}.Start(probe.Scope{})
	assert.NoError(t, err)
	defer w.Stop()
	leaks, err := w.Grown()
	assert.Empty(t, leaks)
	assert.NoError(t, err)
	assert.Equal(t, []string{"goleak is newer"}, w.(probe.Noter).Notes())
}
