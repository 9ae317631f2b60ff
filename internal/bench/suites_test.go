package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var suites = flag.Int("suites", 0, "let TestSuites run the tests of known modules this `often` with and without leaktest.Main, which takes long")

// A module has tests that others have written. Of go-redis those packages run that need no server.
type module struct{ path, version, packages string }

var modules = []module{
	{"github.com/gorilla/mux", "v1.8.1", "./..."},
	{"github.com/go-chi/chi/v5", "v5.2.3", "./..."},
	{"github.com/hashicorp/golang-lru/v2", "v2.0.7", "./..."},
	{"github.com/spf13/cobra", "v1.10.1", "./..."},
	{"github.com/prometheus/client_golang", "v1.23.2", "./prometheus"},
	{"github.com/fsnotify/fsnotify", "v1.9.0", "."},
	{"github.com/redis/go-redis/v9", "v9.16.0", "./internal/pool ./internal/proto ./internal/hashtag ./internal/util"},
	{"github.com/quic-go/quic-go", "v0.57.1", "./internal/ackhandler ./internal/handshake ./internal/wire ./http3"},
}

// TestSuites measures what Main adds to the time of whole test processes: to 1000 empty tests, and to
// the suites of known modules. It prints what Main has found, which a person judges. It fails for no
// number.
func TestSuites(t *testing.T) {
	rounds, measured := max(*suites, 1), modules
	if *suites == 0 {
		measured = modules[:1] // to see more, run: go test -C internal/bench -run Suites -timeout 2h -v -suites 5
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	empty := t.TempDir()
	write(t, empty, "go.mod", "module example.org/empty\n\ngo 1.26\n")
	var tests strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&tests, "func TestEmpty%d(*testing.T) {}\n", i)
	}
	write(t, empty, "empty_test.go", "package empty\n\nimport \"testing\"\n\n"+tests.String())
	adopt(t, empty)
	without, with, _ := inTurns(t, empty, ".", rounds)
	fmt.Fprintf(out, "1000 empty tests\t%v\t%v\t%v a test\n", without, with, (with-without).Round(time.Microsecond)/1000)
	var ratios []float64
	for _, m := range measured {
		dir := copyOf(t, m)
		adopt(t, dir)
		for _, pkg := range packages(t, dir, m.packages) {
			without, with, found := inTurns(t, dir, pkg, rounds)
			ratios = append(ratios, float64(with)/float64(without))
			fmt.Fprintf(out, "%s %s\t%v\t%v\t%.3f\n%s", m.path, pkg, without, with, ratios[len(ratios)-1], found)
		}
	}
	slices.Sort(ratios)
	fmt.Fprintf(out, "median of %d\t\t\t%.3f\n", len(ratios), ratios[len(ratios)/2])
	out.Flush()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, name, text string) {
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

func gocmd(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(text)
}

// copyOf copies a module into a temporary folder, as the module cache is not writable.
func copyOf(t *testing.T, m module) string {
	var info struct{ Dir string }
	must(t, json.Unmarshal([]byte(gocmd(t, t.TempDir(), "mod", "download", "-json", m.path+"@"+m.version)), &info))
	dir := filepath.Join(t.TempDir(), "module")
	must(t, os.CopyFS(dir, os.DirFS(info.Dir)))
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error { return errors.Join(err, os.Chmod(path, 0o755)) }))
	return dir
}

// adopt makes this module usable in another one.
func adopt(t *testing.T, dir string) {
	root, err := filepath.Abs("../..")
	must(t, err)
	gocmd(t, dir, "mod", "edit", "-require=github.com/leakassert/leakassert@v0.0.0", "-replace=github.com/leakassert/leakassert="+root)
}

// packages lists the packages whose tests have no TestMain of their own.
func packages(t *testing.T, dir, patterns string) (list []string) {
	const format = `{{if .TestGoFiles}}{{.Dir}}|{{.Name}}|{{range .TestGoFiles}}{{.}} {{end}}{{range .XTestGoFiles}}{{.}} {{end}}{{end}}`
	args := append([]string{"list", "-mod=mod", "-f", format}, strings.Fields(patterns)...)
	for line := range strings.Lines(gocmd(t, dir, args...)) {
		parts := strings.Split(strings.TrimSpace(line), "|")
		if len(parts) < 3 || slices.ContainsFunc(strings.Fields(parts[2]), func(file string) bool {
			text, err := os.ReadFile(filepath.Join(parts[0], file))
			return err != nil || bytes.Contains(text, []byte("func TestMain("))
		}) {
			continue
		}
		rel, err := filepath.Rel(dir, parts[0])
		must(t, err)
		list = append(list, "./"+rel)
	}
	return list
}

// inTurns builds the tests of a package with and without Main, and returns the median times of both
// binaries and what Main has found.
func inTurns(t *testing.T, dir, pkg string, rounds int) (without, with time.Duration, found string) {
	folder := filepath.Join(dir, pkg)
	name := strings.TrimSpace(gocmd(t, folder, "list", "-mod=mod", "-f", "{{.Name}}{{if not .Name}}empty{{end}}"))
	binaries := [2]string{filepath.Join(t.TempDir(), "without.test"), filepath.Join(t.TempDir(), "with.test")}
	gocmd(t, folder, "test", "-mod=mod", "-c", "-o", binaries[0])
	write(t, folder, "zz_leaktest_test.go", "package "+name+"\n\nimport (\n\t\"testing\"\n\n\t\"github.com/leakassert/leakassert/leaktest\"\n)\n\nfunc TestMain(m *testing.M) { leaktest.Main(m) }\n")
	gocmd(t, folder, "test", "-mod=mod", "-c", "-o", binaries[1])
	var times [2][]time.Duration
	lines := make(map[string]bool)
	for range rounds {
		for i, binary := range binaries {
			cmd := exec.Command(binary, "-test.timeout=10m")
			cmd.Dir = folder
			began := time.Now()
			output, _ := cmd.CombinedOutput() // tests of others may fail
			times[i] = append(times[i], time.Since(began))
			for line := range strings.Lines(string(output)) {
				if i == 1 && strings.Contains(line, " leaked") {
					lines[strings.TrimSpace(line)] = true
				}
			}
		}
	}
	for _, all := range times {
		slices.Sort(all)
	}
	for line := range lines {
		found += "    " + line + "\n"
	}
	return times[0][rounds/2], times[1][rounds/2], found
}
