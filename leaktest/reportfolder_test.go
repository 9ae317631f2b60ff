package leaktest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// folderFiles are the files of a report folder. One of them is hidden.
var folderFiles = []string{".leaks.lock", "goroutines.pb.gz", "heap.pb.gz", "leaks.html", "leaks.json"}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func findingsIn(t *testing.T, file string) []finding.Finding {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	all, err := finding.Read(f)
	require.NoError(t, err)
	return all
}

var article = regexp.MustCompile(`<article [^>]*data-kind="([^"]*)"`)

// inProfile returns the total that go tool pprof shows.
func inProfile(t *testing.T, file string, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", slices.Concat([]string{"tool", "pprof", "-top"}, args, []string{file})...).CombinedOutput()
	require.NoError(t, err, string(out))
	m := regexp.MustCompile(`of (\S+) total`).FindStringSubmatch(string(out))
	if m == nil {
		return "0"
	}
	return m[1]
}

// Test processes that run at the same time make one page and one pair of profiles, with what all of
// them have found.
func TestReportFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	env := []string{"LEAKTEST=report=" + dir, "GITHUB_ACTIONS="}
	var running sync.WaitGroup
	for _, run := range []func(){
		func() { suiteBinary.run(t, env, "-test.skip=FailsAnyway|ChecksTwice") },
		func() { casesBinary.run(t, append(env, "CASE=leaks unwrapped")) },
		func() { casesBinary.run(t, append(env, "CASE=leaks")) },
		func() { escapesBinary.run(t, append(env, "ESCAPES=check"), "-test.run=^TestStartsAHelper") },
	} {
		running.Go(run)
	}
	running.Wait()

	assert.Equal(t, folderFiles, filesIn(t, dir))
	all := findingsIn(t, filepath.Join(dir, "leaks.json"))
	page, err := os.ReadFile(filepath.Join(dir, "leaks.html"))
	require.NoError(t, err)
	assert.Len(t, article.FindAllString(string(page), -1), len(all))
	assert.Contains(t, string(page), fmt.Sprintf("%d findings of ", len(all)))
	for _, want := range []string{"", "TestLeaks", "Example_leaks", "TestStartsAHelper"} {
		assert.Contains(t, testsOf(all), want)
		assert.Contains(t, string(page), want)
	}
	goroutines := int64(0)
	for _, f := range all {
		if f.Kind == leaktest.KindGoroutine {
			goroutines += f.Count
		}
	}
	assert.Positive(t, goroutines)
	assert.Equal(t, fmt.Sprint(goroutines), inProfile(t, filepath.Join(dir, "goroutines.pb.gz")))
}

// The profiles have the objects and bytes of the findings.
func TestReportFolderOfTheHeap(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LEAKTEST", "symbols=off,report="+dir)
	t.Setenv("GITHUB_ACTIONS", "")
	var kept [][]byte
	faketb.Run("TestKeeps", func(f *faketb.TB) {
		leaktest.NoLeak(f, func() {
			for range 7 {
				kept = append(kept, make([]byte, 1<<10))
			}
		}, leaktest.Heap(), leaktest.Only(leaktest.KindHeap))
	})
	assert.Equal(t, folderFiles, filesIn(t, dir))
	objects, size := int64(0), int64(0)
	for _, f := range findingsIn(t, filepath.Join(dir, "leaks.json")) {
		objects, size = objects+f.Count, size+f.Bytes
	}
	assert.GreaterOrEqual(t, size, int64(7<<10))
	heap := filepath.Join(dir, "heap.pb.gz")
	assert.Equal(t, fmt.Sprint(objects), inProfile(t, heap, "-sample_index=inuse_objects"))
	assert.Equal(t, fmt.Sprintf("%dB", size), inProfile(t, heap, "-sample_index=inuse_space", "-unit=B"))
	assert.Equal(t, "0", inProfile(t, filepath.Join(dir, "goroutines.pb.gz")))
	kept = nil
}

// Without leaks nothing is written. A relative name would be another folder for each package.
func TestReportFolderOfNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	_, code := casesBinary.run(t, []string{"CASE=", "LEAKTEST=report=" + dir})
	assert.Zero(t, code)
	assert.NoDirExists(t, dir)
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=report=leaks"})
	assert.Equal(t, 2, code)
	assert.Equal(t, `leaktest: LEAKTEST=report=leaks: "report=leaks": a test runs in the folder of its package and can't know where go test was started; write the whole path, report=$PWD/leaks`+"\n", output)
}

// A folder that can't be written is named once on standard error, and the report is as without it.
func TestReportFolderThatCantBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("kept"), 0o600))
	for dir, why := range map[string]string{
		file:                         ": the folder can't be made, so that the findings are not written: not a directory\n",
		filepath.Join(file, "below"): ": the folder can't be made, so that the findings are not written: not a directory\n",
	} {
		output, code := casesBinary.run(t, []string{"CASE=leaks unwrapped", "LEAKTEST=report=" + dir})
		assert.Equal(t, 1, code)
		assert.Equal(t, 1, strings.Count(output, "leaktest: LEAKTEST=report="+dir+why), output)
		assert.Contains(t, output, "what no test owns leaked")
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "kept", string(text))

	// The lines are written where the page can't be.
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "leaks.html", "x"), 0o755))
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=report=" + dir})
	assert.Equal(t, 1, code)
	assert.Equal(t, 1, strings.Count(output, "leaktest: LEAKTEST=report="+dir+": the page and the profiles do not show all findings: leaks.html: file exists; leakreport makes them of leaks.json\n"), output)
	assert.Contains(t, output, "TestLeaks leaked")
	assert.Len(t, findingsIn(t, filepath.Join(dir, "leaks.json")), 1)
	assert.Equal(t, folderFiles, filesIn(t, dir), "no part of a page is left")
	assert.Equal(t, "1", inProfile(t, filepath.Join(dir, "goroutines.pb.gz")))
}

const reportShop = `package shop

func Work(in chan int) {
	for range in {
	}
}
`

const reportShopTests = `package shop

import (
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestWork(t *testing.T) {
	in := make(chan int)
	go Work(in)
	in <- 1
}
`

// In a module that requires nothing but this one, and is tidy, LEAKTEST=report=DIR go test ./... makes
// one report of all packages, and go run finds leakreport and all that it imports.
func TestReportOfAModule(t *testing.T) {
	t.Parallel()
	m := newModule(t, map[string]string{
		"shop.go": reportShop, "shop_test.go": reportShopTests,
		"mail/mail.go": strings.Replace(reportShop, "shop", "mail", 1), "mail/mail_test.go": strings.Replace(reportShopTests, "shop", "mail", 1),
	})
	m.write(t, "go.sum", "")
	run := func(env string, args ...string) (stdout, stderr string, err error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = m.dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GITHUB_ACTIONS=", "PWD="+m.dir, "LEAKTEST="+env)
		var out, says bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &says
		err = cmd.Run()
		return out.String(), says.String(), err
	}
	_, stderr, err := run("", "mod", "tidy")
	require.NoError(t, err, stderr)
	assert.Contains(t, m.read(t, "go.sum"), "github.com/google/pprof ")

	dir := filepath.Join(m.dir, "leaks")
	stdout, stderr, err := run("settle=10ms,report="+dir, "test", "./...")
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "%s%s", stdout, stderr)
	assert.Equal(t, 2, strings.Count(stdout, "--- FAIL: TestWork"), "%s%s", stdout, stderr)
	assert.Equal(t, folderFiles, filesIn(t, dir))
	page := m.read(t, "leaks/leaks.html")
	assert.Len(t, article.FindAllString(page, -1), 2)
	assert.Contains(t, page, `<p class="quiet">example.org/shop/mail</p>`)
	assert.Contains(t, page, "<mark>&gt;    13      go Work(in)</mark>")

	// The command makes the same of the lines.
	const leakreport = "github.com/leakassert/leakassert/leaktest/cmd/leakreport"
	stdout, stderr, err = run("", "run", leakreport, "-html", "leaks/leaks.json")
	require.NoError(t, err, stderr)
	assert.Equal(t, page, stdout)
	_, stderr, err = run("", "run", leakreport, "-pprof", "profiles", "leaks/leaks.json")
	require.NoError(t, err, stderr)
	for _, name := range []string{"heap.pb.gz", "goroutines.pb.gz"} {
		assert.Equal(t, m.read(t, "leaks/"+name), m.read(t, "profiles/"+name), name)
	}
	assert.Equal(t, "2", inProfile(t, filepath.Join(dir, "goroutines.pb.gz")))
}
