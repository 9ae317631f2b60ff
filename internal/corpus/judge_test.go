//go:build linux

package corpus

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
)

var (
	runs   = flag.Int("runs", 2, "how often each body is judged with each helper")
	heap   = flag.Bool("heap", false, "judge the heap of real tests, too")
	growth = flag.Bool("growth", false, "judge all bodies with NoGrowth, not a sample")
)

func TestMain(m *testing.M) {
	flag.Parse()
	switch os.Getenv(underMain) {
	case "":
	case withHeap:
		leaktest.Main(onlyBodies(m), leaktest.Heap())
	default:
		leaktest.Main(onlyBodies(m))
	}
	code := m.Run()
	fmt.Print(&count)
	os.Exit(code)
}

// A body is what a test does. It releases all it makes.
type body struct {
	name  string
	run   func(testing.TB)
	needs *service
	keeps string // why objects that it allocates stay for a while, so that memassert reports them rightly
}

// bodies are all clean ones.
var bodies = slices.Concat(httpBodies, osBodies, syncBodies, netBodies, dbBodies, libBodies)

// A verb judges a body that runs as a test.
type verb struct {
	name  string
	judge func(*fake, func(testing.TB))
}

// once are the verbs that run a body once.
var once = []verb{
	{"leaktest.Check", func(t *fake, body func(testing.TB)) { leaktest.Check(t); body(t) }},
	{"leaktest.NoLeak", func(t *fake, body func(testing.TB)) { leaktest.NoLeak(t, func() { t.within(body) }) }},
	{"fdassert.Check", func(t *fake, body func(testing.TB)) { fdassert.Check(t); body(t) }},
	{"fdassert.NoLeak", func(t *fake, body func(testing.TB)) { fdassert.NoLeak(t, func() { t.within(body) }) }},
}

var heapOnce = verb{"memassert.Check", func(t *fake, body func(testing.TB)) { memassert.Check(t); body(t) }}

// often are the verbs that run a body many times.
var often = []verb{
	{"leaktest.NoGrowth", func(t *fake, body func(testing.TB)) { leaktest.NoGrowth(t, func() { t.within(body) }) }},
	{"memassert.NoGrowth", func(t *fake, body func(testing.TB)) { memassert.NoGrowth(t, func() { t.within(body) }) }},
}

// clean judges a body that leaks nothing.
func (v verb) clean(t *testing.T, body func(testing.TB)) {
	t.Helper()
	f := play(t.Name(), func(t *fake) { v.judge(t, body) })
	switch broken, report := f.broken(), f.Errors(); {
	case broken != "":
		count.add(t, &count.broken, v.name, broken)
	case report != "":
		count.add(t, &count.alarms, v.name, report)
	default:
		count.add(t, &count.right, v.name, "")
	}
}

// leaks judges a report on a body that leaks: it must have all the names.
func (v verb) leaks(t *testing.T, f *fake, names []string) {
	t.Helper()
	report := f.Errors()
	if f.broken() != "" {
		count.add(t, &count.broken, v.name, f.broken())
		return
	}
	if report == "" {
		count.add(t, &count.misses, v.name, "no leak is reported, log: "+f.Logs())
		return
	}
	for _, name := range names {
		if !strings.Contains(report, name) {
			count.add(t, &count.misses, v.name, "the report does not name "+name+":\n"+report)
			return
		}
	}
	count.add(t, &count.right, v.name, "")
	if testing.Verbose() {
		t.Log(report)
	}
}

// A tally counts verdicts.
type tally struct {
	mu                            sync.Mutex
	right, alarms, misses, broken int
	wrong                         []string // a line each, without the report
}

var count tally

// add counts a verdict as one of the fields. A wrong verdict fails the test.
func (c *tally) add(t *testing.T, field *int, verb, what string) {
	t.Helper()
	c.mu.Lock()
	*field++
	if field != &c.right {
		kind := map[*int]string{&c.alarms: "false alarm", &c.misses: "missed", &c.broken: "broken body"}[field]
		line, _, _ := strings.Cut(what, "\n")
		line = fmt.Sprintf("%-12s %-20s %s: %s", kind, verb, t.Name(), line)
		fmt.Fprintln(os.Stderr, line) // at once, as the run may be ended before it is over
		c.wrong = append(c.wrong, line)
		what = kind + " of " + verb + ": " + what
	}
	c.mu.Unlock()
	if field != &c.right {
		t.Error(what)
	}
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, line := range c.wrong {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintf(&b, "corpus: %d verdicts, %d false alarms, %d misses, %d broken bodies\n",
		c.right+c.alarms+c.misses+c.broken, c.alarms, c.misses, c.broken)
	return b.String()
}
