// Package browser_test tests the pages of package page in headless Chromium.
package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/leakassert/leakassert/internal/page"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/require"
)

// chromium returns the path of a browser. The test is skipped if there is none.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium in PATH: apt-get install chromium")
	return ""
}

// pageOf writes a page about findings and damaged lines, and returns its address.
func pageOf(t *testing.T, damaged string, found ...finding.Finding) string {
	t.Helper()
	var lines strings.Builder
	for _, f := range found {
		f.Version = finding.Version
		require.NoError(t, json.NewEncoder(&lines).Encode(f))
	}
	var in page.Input
	in.Read("leaks.json", strings.NewReader(lines.String()+damaged))
	var html bytes.Buffer
	require.NoError(t, page.Write(&html, in))
	file := filepath.Join(t.TempDir(), "leaks.html")
	require.NoError(t, os.WriteFile(file, html.Bytes(), 0o644))
	return "file://" + file
}

// A tab is a page in the browser, and all that it has complained about.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// open opens a page. When the test ends, the page must have had no error.
func open(t *testing.T, address string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, endTab := chromedp.NewContext(ctx)
	t.Cleanup(endTab)
	b := &tab{t: t, ctx: ctx}
	note := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, fmt.Sprintf(format, args...))
	}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			note("console: %s", e.Type)
		case *runtime.EventExceptionThrown:
			note("exception: %v", e.ExceptionDetails)
		case *log.EventEntryAdded:
			note("log: %s %s", e.Entry.Level, e.Entry.Text)
		}
	}))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, runtime.Enable, cdp.Empty{})
	require.NoError(t, err)
	b.run(chromedp.Navigate(address))
	t.Cleanup(func() { require.Empty(t, b.take()) })
	return b
}

// take returns what the browser has complained about since the last call.
func (b *tab) take() []string {
	eval[int](b, "1") // all events before it have come
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.problems
	b.problems = nil
	return all
}

// limit ends what a page does not answer.
func (b *tab) limit() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, 3*time.Minute)
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, end := b.limit()
	defer end()
	require.NoError(b.t, chromedp.Do(ctx, actions...))
}

// value returns the value of an action.
func value[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, end := b.limit()
	defer end()
	v, err := chromedp.Run(ctx, action)
	require.NoError(b.t, err)
	return v
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	return value(b, chromedp.Evaluate[T](expression))
}

// media has the page shown as on paper, or in a colour scheme.
func (b *tab) media(media, scheme string) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params)
	require.NoError(b.t, err)
}
