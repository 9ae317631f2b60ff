package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/leakassert/leakassert"

// A stop is one leaking example: the test that must fail, and what its report
// must say.
type stop struct {
	title, story string
	folder       string // of the package's module, from the tour's, if that is another one
	pkg, test    string
	says         []string
	env          string // set for the test
}

var stops = []stop{
	{
		title: "examples/metrics: workers that range over a channel nobody closes",
		story: "Every collector leaves its four workers behind.",
		pkg:   module + "/examples/metrics",
		test:  "TestLeakingCollector",
		says: []string{
			"leaking_test.go:16: TestLeakingCollector leaked", "4 goroutines",
			"goroutine  +4  chan receive  metrics.(*Leaking).work  examples/metrics/leaking.go:24",
			"created by  metrics.StartLeaking  examples/metrics/leaking.go:15",
		},
	},
	{
		title: "examples/accesslog: a log file that is not closed when an entry can't be written",
		story: "Three of five entries leave it open; only the garbage collector would close it.",
		pkg:   module + "/examples/accesslog",
		test:  "TestLeakingLog",
		says: []string{
			"leaking_test.go:16: TestLeakingLog leaked", "3 descriptors", "fd         +3", "access.log (deleted)  O_WRONLY|O_APPEND",
			"forgotten   closed only by the garbage collector",
			"opened      accesslog.Leaking.Write  examples/accesslog/leaking.go:20",
		},
		env: "LEAKTEST=trace",
	},
	{
		title: "examples/ctxcache: contexts of requests in a sync.Map that nothing is deleted from",
		story: "Every request leaves its context behind, with its headers and a buffer of 4 KiB.",
		pkg:   module + "/examples/ctxcache",
		test:  "TestLeakingCache",
		says: []string{
			"leaking_test.go:20: TestLeakingCache grows by ", " KiB an iteration",
			"  *ctxcache.Context\n", "grows        1.00 objects and 4.0 KiB an iteration",
			"allocated    ctxcache.begin  examples/ctxcache/ctxcache.go:31",
			"called from  ctxcache.(*Leaking).ServeHTTP  examples/ctxcache/leaking.go:17",
			"allocated    ctxcache.(*Leaking).ServeHTTP  examples/ctxcache/leaking.go:18",
		},
	},
	{
		title: "examples/listeners: handlers of an event bus that nobody unregisters",
		story: "Every client leaves its handler behind, which holds the client's context and feed.",
		pkg:   module + "/examples/listeners",
		test:  "TestLeakingBus",
		says: []string{
			"leaking_test.go:17: TestLeakingBus grows by ", " objects and ", "  chan listeners.Event\n",
			"allocated   listeners_test.TestLeakingBus.func1  examples/listeners/leaking_test.go:20",
			"allocated    listeners.(*Leaking).Subscribe  examples/listeners/leaking.go:19",
		},
	},
	{
		title: "examples/rangecleanup: a slice of jobs in which those that are done are set to nil",
		story: "The jobs go, but their places stay: the array of the slice grows for good.",
		pkg:   module + "/examples/rangecleanup",
		test:  "TestLeakingQueue",
		says: []string{
			"leaking_test.go:16: TestLeakingQueue grows by ", " B an iteration", "  []rangecleanup.Job\n",
			"allocated    rangecleanup.(*Leaking).Add  examples/rangecleanup/leaking.go:12",
		},
	},
	{
		title:  "examples/services/sqlite: rows that are not closed when one of them can't be scanned",
		story:  "The pool has two connections: two requests that fail keep them, and the third one waits until it gives up.",
		folder: "examples/services",
		pkg:    module + "/examples/services/sqlite",
		test:   "TestLeakingOrders",
		says: []string{
			"the next request: context deadline exceeded",
			"leaking_test.go:19: TestLeakingOrders leaked", "2 pool slots",
			"pool       +2  orders  InUse 0 → 2",
			"checked out  2×  *sql.Rows  sqlite.Leaking.Totals  sqlite/leaking.go:16",
			"+   WaitCount:          1,",
		},
		env: "LEAKTEST=trace",
	},
}

// visit runs the stop's test and returns what it prints. The error says why the
// leak does not count as caught.
func (s stop) visit() (output string, err error) {
	args := []string{"test", "-tags=leaking", "-count=1", "-run=^" + s.test + "$", s.pkg}
	if s.folder != "" {
		dir, err := root()
		if err != nil {
			return "", err
		}
		args = slices.Insert(args, 1, "-C", filepath.Join(dir, filepath.FromSlash(s.folder)))
	}
	cmd := exec.Command("go", args...)
	if s.env != "" {
		cmd.Env = append(os.Environ(), s.env)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	output = out.String()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return output, errors.New("the test passes")
	case !errors.As(err, &exit):
		return output, fmt.Errorf("go test can't be run: %w", err)
	case !strings.Contains(output, "--- FAIL: "+s.test):
		return output, errors.New("the test did not run")
	}
	for _, says := range s.says {
		if !strings.Contains(output, says) {
			return output, fmt.Errorf("the report does not say %q", says)
		}
	}
	return output, nil
}

// root is the folder of the tour's module, wherever in it the tour is started.
func root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f={{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("the folder of %s is not known: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}
