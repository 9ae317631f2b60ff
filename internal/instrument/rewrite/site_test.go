package rewrite_test

import (
	"go/importer"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/instrument/passthrough"
	"github.com/leakassert/leakassert/internal/instrument/rewrite"
)

const twoLoads = `package p

func f(c chan int) int { return <-c + <-c }
`

func rewriteText(t *testing.T, name, text string, taken func(instrument.Site) bool) *rewrite.Result {
	t.Helper()
	p := rewrite.Package{Path: "example.com/p", Importer: importer.Default(), Taken: taken, Files: []rewrite.Source{{Name: name, Text: []byte(text)}}}
	result, err := rewrite.Rewrite(p, passthrough.Shim{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestSiteNumbers checks that a site keeps its number where its file lies elsewhere, has others beside it or is read again, that equal operations
// of one line have numbers of their own, and that a number another site has is left to it.
func TestSiteNumbers(t *testing.T) {
	here := rewriteText(t, "/src/p.go", twoLoads, nil)
	there := rewriteText(t, "/elsewhere/p.go", strings.Replace(twoLoads, "func", "/* moved */ func", 1), nil)
	cached := rewriteText(t, "/root/go/pkg/mod/example.com/p@v1.0.0/p.go", twoLoads, nil)
	if len(here.Sites) != 2 || here.Sites[0].Number == here.Sites[1].Number {
		t.Fatalf("%+v", here.Sites)
	}
	for i, site := range here.Sites {
		if there.Sites[i].Number != site.Number {
			t.Errorf("%+v has another number than %+v", there.Sites[i], site)
		}
		if cached.Sites[i].Number == site.Number {
			t.Errorf("%+v of one version has the number of another's", site)
		}
	}
	first := here.Sites[0].Number
	beside := rewriteText(t, "/src/p.go", twoLoads, func(s instrument.Site) bool { return s.Number == first })
	if beside.Sites[0].Number != first+1 || beside.Sites[1].Number != here.Sites[1].Number {
		t.Errorf("%+v, with %d taken", beside.Sites, first)
	}
	if !strings.Contains(string(beside.Files[0].Text), "leakassert_receive(c, ") {
		t.Error(string(beside.Files[0].Text))
	}
}

// TestByteOrderMark rewrites a file with a byte order mark and line breaks of Windows.
func TestByteOrderMark(t *testing.T) {
	result := rewriteText(t, "/src/p.go", "\ufeff"+strings.ReplaceAll(twoLoads, "\n", "\r\n"), nil)
	if err := check(result, "example.com/p", importer.Default()); err != nil {
		t.Errorf("%v\n%q", err, result.Files[0].Text)
	}
}

// TestTypeError checks that what does not compile is not rewritten.
func TestTypeError(t *testing.T) {
	p := rewrite.Package{Path: "example.com/p", Importer: importer.Default(), Files: []rewrite.Source{{Name: "/src/p.go", Text: []byte("package p\n\nvar x int = true\n")}}}
	if _, err := rewrite.Rewrite(p, passthrough.Shim{}); err == nil || !strings.Contains(err.Error(), "p.go:3") {
		t.Errorf("error %v", err)
	}
}
