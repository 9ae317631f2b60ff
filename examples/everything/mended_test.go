package everything_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/examples/everything"
	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func invoices() (string, error) { return strings.Repeat("invoice ", 8<<10), nil }

// What a receiver answers. One that is silent gives nothing, and calls a function when a
// text has come.
const (
	accepts = "accepted"
	refuses = "refused"
	silent  = ""
)

// start is a service whose receiver accepts the first text, which makes what is made on
// first use, and then answers as it is told. A silent receiver cancels the context when it
// has the text.
func start(t *testing.T, answer string) (*everything.Service, context.Context) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	over, end := context.WithCancel(context.Background())
	closed := make(chan struct{}, 100) // has room for all connections of a test
	var receiver sync.WaitGroup
	receiver.Go(func() {
		for answer, next := accepts, answer; ; answer = next {
			conn, err := l.Accept()
			if err != nil {
				return // the listener is closed
			}
			receive(over, conn, answer, cancel)
			closed <- struct{}{}
		}
	})
	s := everything.New(t.TempDir(), l.Addr().String(), 2)
	t.Cleanup(func() {
		assert.NoError(t, l.Close())
		end()
		receiver.Wait()
		cancel()
		runtime.KeepAlive(s) // until the check has judged: what the service holds is not garbage
	})
	require.NoError(t, everything.Exporter{Service: s}.Export(ctx, "first", invoices))
	<-closed
	return s, ctx
}

// receive takes a line, answers, and waits until the sender has closed the connection or
// the test is over.
func receive(over context.Context, conn net.Conn, answer string, cancel func()) {
	defer context.AfterFunc(over, func() { conn.Close() })()
	defer conn.Close()
	_, _ = bufio.NewReader(conn).ReadString('\n')
	if answer == silent {
		cancel()
	} else {
		fmt.Fprintln(conn, answer)
	}
	_, _ = io.Copy(io.Discard, conn)
}

func TestSuccess(t *testing.T) {
	s, ctx := start(t, accepts)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	require.NoError(t, everything.Exporter{Service: s}.Export(ctx, "invoices", invoices))
	text, err := os.ReadFile(filepath.Join(s.Dir, "invoices.txt"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text), "invoice invoice "))
	_, ok := s.Preview("invoices")
	assert.False(t, ok)
}

func TestError(t *testing.T) {
	s, ctx := start(t, refuses)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	e := everything.Exporter{Service: s}
	assert.ErrorIs(t, e.Export(ctx, "invoices", invoices), everything.ErrRefused)
	empty := errors.New("there are no invoices")
	assert.ErrorIs(t, e.Export(ctx, "invoices", func() (string, error) { return "", empty }), empty)
	assert.ErrorIs(t, e.Export(ctx, filepath.Join("none", "invoices"), invoices), os.ErrNotExist)
}

func TestPanic(t *testing.T) {
	s, ctx := start(t, accepts)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	e := everything.Exporter{Service: s}
	assert.Panics(t, func() { _ = e.Export(ctx, "invoices", func() (string, error) { panic("a bug") }) })
}

// The context is cancelled while the service waits: for the receiver, and for a worker.
func TestCancel(t *testing.T) {
	s, ctx := start(t, silent)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	e := everything.Exporter{Service: s}
	assert.ErrorIs(t, e.Export(ctx, "invoices", invoices), context.Canceled)
	for range cap(s.Workers) {
		s.Workers <- struct{}{}
	}
	assert.ErrorIs(t, e.Export(ctx, "invoices", invoices), context.Canceled)
	for range cap(s.Workers) {
		<-s.Workers
	}
}

func TestTogether(t *testing.T) {
	s, ctx := start(t, accepts)
	leaktest.Check(t, leaktest.Everything(poolassert.Slots("workers", s.Workers)))
	var jobs sync.WaitGroup
	for i := range 50 {
		jobs.Go(func() {
			assert.NoError(t, everything.Exporter{Service: s}.Export(ctx, fmt.Sprintf("invoices%d", i), invoices))
		})
	}
	jobs.Wait()
}

// varies matches how many objects there are in all, which Go's version decides, the number
// of the connection's other end, and the settle time, which is shorter for a place that has
// leaked before.
var varies = regexp.MustCompile(`\d+( objects)|(?:(?:other end: |settled for )\w+)`)

// The leaking twin is caught each time, with everything that it keeps.
func TestLeakingExportIsCaught(t *testing.T) {
	s, ctx := start(t, silent)
	f := faketb.New("TestExport")
	assert.False(t, leaktest.NoLeak(f, func() {
		assert.ErrorIs(t, everything.Leaking{Service: s}.Export(ctx, "invoices", invoices), context.Canceled)
	}, leaktest.Everything(poolassert.Slots("workers", s.Workers))))
	if runtime.GOOS != "linux" {
		return // other systems show less of a descriptor
	}
	report := readme.Findings(t, f.Errors(), "goroutine  +1", "invoices.txt", "tcp  ", "in strings.Repeat", "workers  ")
	readme.Report(t, "TestExport", report, varies)
}
