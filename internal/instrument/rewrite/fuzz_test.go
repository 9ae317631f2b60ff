package rewrite_test

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument/passthrough"
	"github.com/leakassert/leakassert/internal/instrument/rewrite"
	"github.com/leakassert/leakassert/internal/long"
)

// generator writes a program that compiles, of nested statements and expressions of every kind that is rewritten. Each byte chooses one.
type generator struct {
	bytes []byte
	text  strings.Builder
	marks int
}

func (g *generator) pick(n, depth int) int {
	if len(g.bytes) == 0 || depth > 6 {
		return 0
	}
	b := g.bytes[0]
	g.bytes = g.bytes[1:]
	return int(b) % n
}

// write writes a template: ① stands for an expression of type int64, ② for statements, ③ for a new mark, which is a string, and ④ for a blank or a line break.
func (g *generator) write(template string, depth int) {
	for _, c := range template {
		switch c {
		case '①':
			g.write(expressions[g.pick(len(expressions), depth)], depth+1)
		case '②':
			for range 1 + g.pick(3, depth) {
				g.write(statements[g.pick(len(statements), depth)]+"\n", depth+1)
			}
		case '③':
			g.marks++
			fmt.Fprintf(&g.text, "%q", fmt.Sprint("mark ", g.marks))
		case '④':
			g.text.WriteString([]string{" ", "\n", " /* c */ ", " // c\n"}[g.pick(4, depth)])
		default:
			g.text.WriteRune(c)
		}
	}
}

var expressions = []string{
	"x", "1", "a.Load()", "t.v.Load()", "t.Add(①)", "atomic.AddInt64(④&raw,④①,④)", "<-ch", "f(③,④①, ①)", "func() int64 { ②; return ① }()", "(① +④①)", "arr[int(①)%3].Swap(①)",
	"(<-(chan int64)(ch))", "p().Load()", "(*p()).Add(1<<uint(①))", "int64(len(s(③)))", "<-chans(①)", "int64(now().Nanosecond())", "a.Add(④①,\n)",
}

var statements = []string{
	"x = ①", "a.Store(①)", "ch <-④①", "if v, ok := <-ch; ok {④② } else { x = v }", "for v := range ch {④x += v; ② }", "for range chans(①) { ② }", "for list[int(①)%2] = range ch {④② }",
	"select {④case v := <-chans(①):④x = v; ②\ncase ch <- ①: ②\ncase _, _ = <-ch:\n④default:\n ②}", "select {\ncase list[0] = <-ch: ②\n}", "go func(q int64) { ②; f(③, q, q) }(①)", "go func() {④② }()",
	"go f(s(③), ①,④①)", "m.Lock()", "defer m.Unlock()", "defer a.Store(①)", "close(ch)", "{ h := a.Load; x = h() }", "time.Sleep(④time.Duration(①))", "wg.Add(int(①))", "defer once.Do(④m.Unlock)",
	"go wg.Wait()", "go t.Store(①)", "list[0],④list[1] = <-ch,④①", "{ var w, ok = <-chans(①); _, _ = w, ok }", "atomic.StoreInt64(&raw, ①)", "defer func() { ② }()", "f(③, ①, ①)", "runtime.Gosched(④)",
}

const before = `package p

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

type table struct {
	*inner
	v atomic.Int64
}

type inner struct{ atomic.Int64 }

var (
	a     atomic.Int64
	raw   int64
	t     table
	arr   [3]atomic.Int64
	list  [2]int64
	ch    chan int64
	m     sync.Mutex
	wg    sync.WaitGroup
	once  sync.Once
	now   = time.Now
	_     = runtime.Gosched
)

func p() *atomic.Int64 { return &a }

func chans(int64) chan int64 { return ch }

func s(mark string) string { return mark }

func f(mark string, x, y int64) int64 { return x }

func generated(x int64) int64 {
`

// rewriteGenerated rewrites a program of these bytes: it compiles, and its marks are in the lines where they were.
func rewriteGenerated(t *testing.T, bytes []byte, from types.Importer) {
	g := &generator{bytes: bytes}
	g.text.WriteString(before)
	g.write("②", 0)
	g.write("return ①\n}\n", 0)
	text := g.text.String()
	p := rewrite.Package{Path: "example.com/p", Importer: from, Files: []rewrite.Source{{Name: "/src/p.go", Text: []byte(text)}}}
	result, err := rewrite.Rewrite(p, passthrough.Shim{})
	if err != nil {
		t.Fatalf("the generated program: %v\n%s", err, text)
	}
	if len(result.Sites) == 0 {
		return
	}
	sameLines(t, p, result)
	if t.Failed() {
		t.Logf("%s\n%s", text, result.Files[0].Text)
	}
	if err := check(result, p.Path, from); err != nil {
		t.Errorf("%v\n%s\n%s", err, text, result.Files[0].Text)
	}
}

func source() types.Importer { return importer.ForCompiler(token.NewFileSet(), "source", nil) }

func TestGenerated(t *testing.T) {
	from, seeds := source(), uint64(25)
	if long.IsFull() {
		seeds = 100
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 0))
		bytes := make([]byte, 200)
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		if rewriteGenerated(t, bytes, from); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	from := source()
	f.Add([]byte("a seed is as good as another, and this is a long one, so that many statements come of it"))
	f.Fuzz(func(t *testing.T, bytes []byte) { rewriteGenerated(t, bytes[:min(len(bytes), 400)], from) })
}
