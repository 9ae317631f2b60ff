// Package docs_test holds README.md and examples/README.md to be true: their code compiles,
// their commands do what they say, their reports are those of the examples.
package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// A block is a fenced one of a page; info is what stands behind its first fence.
type block struct{ info, text string }

func blocks(t *testing.T, page string) (all []block) {
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w[^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, block{m[1], m[2]})
	}
	return all
}

// called returns the only block of README.md with the info.
func called(t *testing.T, info string) (text string) {
	for _, b := range blocks(t, "README.md") {
		if b.info == info {
			require.Empty(t, text, "README.md has two blocks %q", info)
			text = b.text
		}
	}
	require.NotEmpty(t, text, "README.md has no block %q", info)
	return text
}

// module makes a module that uses this one, with the files.
func module(t *testing.T, files map[string]string) (dir string) {
	long.Builds(t)
	dir = t.TempDir()
	abs, err := filepath.Abs(root)
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	files["go.sum"] = string(sums)
	files["go.mod"] = "module example.org/shop\n\ngo 1.26\n\n" + strings.Replace(called(t, "text go.mod"), "../leakassert", abs, 1)
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

// run runs a command in a folder, with modules that are here already.
func run(dir, name string, args ...string) (output string, err error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "LEAKTEST=", "PWD="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestQuickStart(t *testing.T) {
	for _, b := range blocks(t, "README.md") {
		if !strings.HasPrefix(b.text, "package shop\n") {
			continue
		}
		out, err := run(module(t, map[string]string{"shop_test.go": b.text}), "go", "test")
		assert.Error(t, err)
		report, _, _ := strings.Cut(out, "\nFAIL\n")
		took := regexp.MustCompile(`\(\d\.\d\ds\)|\((settled for 2s|proven, not waited for)\)`) // Go 1.27 proves it before
		lines := regexp.MustCompile(`(?m)[ \t]+$`)
		same := func(text string) string {
			return strings.TrimSpace(lines.ReplaceAllString(took.ReplaceAllString(text, ""), ""))
		}
		assert.Equal(t, same(called(t, "text quick start")), same(report))
		return
	}
	t.Error("README.md has no quick start")
}

// What stands in for the user's own code.
const shop = `
type busOf struct{}

func (busOf) Subscribe(func()) (cancel func()) { return func() {} }

type task struct{ n [4]int }

func (*task) Cancel() {}

type wheelOf struct{}

func (wheelOf) Schedule() *task { return new(task) }

type cacheOf struct{}

func (cacheOf) New() mapfuzz.Map[string, int] { return nil }

var (
	bus     busOf
	wheel   wheelOf
	cache   cacheOf
	db      *sql.DB
	handler = func() {}
)

func importOrders() {}

func waitUntilItListens() {}
`

// imports are what the blocks that are no whole file may use.
var imports = []string{
	"testing", "database/sql", "os/exec",
	"github.com/leakassert/leakassert/leaktest", "github.com/leakassert/leakassert/leaktest/mapfuzz",
	"github.com/leakassert/leakassert/memassert", "github.com/leakassert/leakassert/fdassert", "github.com/leakassert/leakassert/poolassert",
}

func TestGoBlocks(t *testing.T) {
	files := make(map[string]string)
	for i, page := range []string{"README.md", "examples/README.md"} {
		for j, b := range blocks(t, page) {
			if b.info != "go" || strings.HasPrefix(b.text, "package ") {
				continue
			}
			text := "package shop\n\nimport (\n"
			body := shop + b.text
			for _, path := range imports {
				if strings.Contains(body, filepath.Base(path)+".") {
					text += fmt.Sprintf("\t%q\n", path)
				}
			}
			files[fmt.Sprintf("page%d/block%d/shop_test.go", i, j)] = text + ")\n" + body
		}
	}
	require.NotEmpty(t, files)
	out, err := run(module(t, files), "go", "vet", "./...")
	assert.NoError(t, err, out)
}

// The commands that change a user's tests give tests that compile.
func TestMigration(t *testing.T) {
	for from, text := range map[string]string{
		"goleak": `package shop

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("example.org/shop.f"))
}

func TestA(t *testing.T) {
	defer goleak.VerifyNone(t)
}

func TestB(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreAnyFunction("example.org/shop.f"))
}
`,
		"fortytw2": `package shop

import (
	"testing"
	"time"

	"github.com/fortytw2/leaktest"
)

func TestA(t *testing.T) {
	defer leaktest.Check(t)()
}

func TestB(t *testing.T) {
	defer leaktest.CheckTimeout(t, time.Second)()
}
`,
	} {
		t.Run(from, func(t *testing.T) {
			if _, err := exec.LookPath("perl"); err != nil && os.Getenv("CI") == "" {
				t.Skip("there is no perl to run the commands with; CI has one")
			}
			dir := module(t, map[string]string{"shop_test.go": text})
			out, err := run(dir, "sh", "-e", "-c", called(t, "sh "+from))
			require.NoError(t, err, out)
			out, err = run(dir, "go", "test", "./...")
			assert.NoError(t, err, out)
			changed, err := os.ReadFile(filepath.Join(dir, "shop_test.go"))
			require.NoError(t, err)
			assert.NotRegexp(t, `defer|VerifyNone|VerifyTestMain|CheckTimeout`, string(changed))
		})
	}
}

// The reports of README.md are those that the examples show, where their tests hold them true.
func TestReports(t *testing.T) {
	shown := make(map[string][]string) // by the info of the block
	assert.NoError(t, filepath.WalkDir(filepath.Join(root, "examples"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Base(path) == "README.md" {
			page, err := filepath.Rel(root, path)
			require.NoError(t, err)
			for _, b := range blocks(t, page) {
				shown[b.info] = append(shown[b.info], b.text)
			}
		}
		return err
	}))
	for _, b := range blocks(t, "README.md") {
		if strings.HasPrefix(b.info, "text Test") {
			assert.Contains(t, shown[b.info], b.text, "%s of README.md", b.info)
		}
	}
}

// Links lead somewhere.
func TestLinks(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "examples/README.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1]))
			assert.NoError(t, err, page)
		}
	}
}

// The commands of the pages are run by .ci/run, which takes them from there.
func TestCommands(t *testing.T) {
	ci, err := os.ReadFile(filepath.Join(root, ".ci/run"))
	require.NoError(t, err)
	assert.Contains(t, string(ci), "commands README.md examples/README.md")
	n := 0
	for _, page := range []string{"README.md", "examples/README.md"} {
		for _, b := range blocks(t, page) {
			if b.info == "sh" {
				n += strings.Count(b.text, "\n")
			}
		}
	}
	assert.Equal(t, 7, n, "one is go get, which needs a published module")
}
