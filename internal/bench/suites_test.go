package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	suites = flag.Int("suites", 0, "let TestSuites run the tests of known modules this `often` with and without leaktest.Main, which takes long")
	suite  = flag.String("suite", "", "let TestSuites measure only the modules whose path contains this `text`; \"empty\" is the one of empty tests")
)

// A module has tests that others have written. Of go-redis those packages run that need no server, and of
// cobra all but a test that ends the process if root runs it.
type module struct{ path, version, packages, skip string }

var modules = []module{
	{"github.com/gorilla/mux", "v1.8.1", "./...", ""},
	{"github.com/go-chi/chi/v5", "v5.2.3", "./...", ""},
	{"github.com/hashicorp/golang-lru/v2", "v2.0.7", "./...", ""},
	{"github.com/spf13/cobra", "v1.10.1", "./...", "^TestFailGenFishCompletionFile$"},
	{"github.com/prometheus/client_golang", "v1.25.0", "./prometheus", ""},
	{"github.com/fsnotify/fsnotify", "v1.9.0", ".", ""},
	{"github.com/redis/go-redis/v9", "v9.16.0", "./internal/pool ./internal/proto ./internal/hashtag ./internal/util", ""},
	{"github.com/quic-go/quic-go", "v0.57.1", "./internal/ackhandler ./internal/handshake ./internal/wire ./http3", ""},
}

// TestSuites measures what Main adds to whole test processes: to none and to 1000 empty tests, and to the
// suites of known modules. It measures the time on a processor, in user mode and in the system, which other
// processes change little, and the time by the clock. It prints what Main has found, which a person
// judges. It fails for no number.
func TestSuites(t *testing.T) {
	rounds, measured := max(*suites, 1), modules
	if *suites == 0 {
		measured = modules[:1] // to see more, run: go test -C internal/bench -run Suites -timeout 2h -v -suites 5
	}
	measured = slices.DeleteFunc(slices.Clone(measured), func(m module) bool { return !strings.Contains(m.path, *suite) })
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(out, "suite\tprocessor: without\twith\t\tclock: without\twith\t\n")
	if strings.Contains("empty", *suite) {
		for _, tests := range []int{0, 1000} {
			dir := t.TempDir()
			emptyTests(t, dir, tests)
			without, with, _ := inTurns(t, dir, ".", "", rounds)
			each := func(without, with time.Duration) string {
				if tests == 0 {
					return (with - without).String() + " a process"
				}
				return ((with - without) / time.Duration(tests)).String() + " a test"
			}
			fmt.Fprintf(out, "%d empty tests\t%v\t%v\t%s\t%v\t%v\t%s\n", tests, without.processor, with.processor, each(without.processor, with.processor),
				without.clock, with.clock, each(without.clock, with.clock))
		}
	}
	var ratios, byClock []float64
	for _, m := range measured {
		dir := copyOf(t, m)
		adopt(t, dir)
		var without, with cost
		var findings []string
		for _, pkg := range packages(t, dir, m.packages) {
			one, other, found := inTurns(t, dir, pkg, m.skip, rounds)
			without, with, findings = without.plus(one), with.plus(other), append(findings, found...)
			t.Logf("%s %s: %v, with Main %v", m.path, pkg, one, other)
		}
		ratio, clock := float64(with.processor)/float64(without.processor), float64(with.clock)/float64(without.clock)
		ratios, byClock = append(ratios, ratio), append(byClock, clock)
		fmt.Fprintf(out, "%s\t%v\t%v\t%.3f\t%v\t%v\t%.3f\n", m.path, without.processor, with.processor, ratio, without.clock, with.clock, clock)
		for _, f := range findings {
			fmt.Fprintf(out, "    %s\n", f)
		}
	}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		slices.Sort(byClock)
		fmt.Fprintf(out, "median of %d\t\t\t%.3f\t\t\t%.3f\n", len(ratios), ratios[len(ratios)/2], byClock[len(ratios)/2])
	}
	out.Flush()
}

// emptyTests makes a module with tests that do nothing. Without tests its test binary shows what Main takes
// once in a process.
func emptyTests(t *testing.T, dir string, n int) {
	write(t, dir, "go.mod", "module example.org/empty\n\ngo 1.26\n")
	var tests strings.Builder
	for i := range n {
		fmt.Fprintf(&tests, "func TestEmpty%d(*testing.T) {}\n", i)
	}
	write(t, dir, "empty_test.go", "package empty\n\nimport \"testing\"\n\nvar _ testing.TB\n\n"+tests.String())
	adopt(t, dir)
}

// A cost is what one run of a test binary takes.
type cost struct{ processor, clock time.Duration }

func (c cost) String() string {
	return fmt.Sprintf("%v on a processor, %v by the clock", c.processor, c.clock)
}

func (c cost) plus(d cost) cost { return cost{c.processor + d.processor, c.clock + d.clock} }

// median returns the middle of several costs, each time by itself.
func median(all []cost) (m cost) {
	var processor, clock []time.Duration
	for _, c := range all {
		processor, clock = append(processor, c.processor), append(clock, c.clock)
	}
	slices.Sort(processor)
	slices.Sort(clock)
	return cost{processor[len(all)/2].Round(10 * time.Microsecond), clock[len(all)/2].Round(10 * time.Microsecond)}
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

// inTurns builds the tests of a package with and without Main, and returns the median costs of both
// binaries and what Main has found. What a leaking test takes is no part of the costs: Main waits for
// each leak and explains it, until the leak is mended.
func inTurns(t *testing.T, dir, pkg, skip string, rounds int) (without, with cost, found []string) {
	folder := filepath.Join(dir, pkg)
	name := strings.TrimSpace(gocmd(t, folder, "list", "-mod=mod", "-f", "{{.Name}}{{if not .Name}}empty{{end}}"))
	binaries := [2]string{filepath.Join(t.TempDir(), "without.test"), filepath.Join(t.TempDir(), "with.test")}
	gocmd(t, folder, "test", "-mod=mod", "-vet=off", "-c", "-o", binaries[0])
	write(t, folder, "zz_leaktest_test.go", "package "+name+"\n\nimport (\n\t\"testing\"\n\n\t\"github.com/leakassert/leakassert/leaktest\"\n)\n\nfunc TestMain(m *testing.M) { leaktest.Main(m) }\n")
	gocmd(t, folder, "test", "-mod=mod", "-vet=off", "-c", "-o", binaries[1])
	run := func(binary string, args ...string) (string, cost) {
		cmd := exec.Command(binary, append(args, "-test.timeout=10m")...)
		cmd.Dir = folder
		began := time.Now()
		output, _ := cmd.CombinedOutput() // tests of others may fail
		return string(output), cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), time.Since(began)}
	}
	skipped := make(map[string]bool)
	if skip != "" {
		skipped[skip] = true
	}
	see := func(output string) {
		for _, m := range leaked.FindAllStringSubmatch(output, -1) {
			if len(found) == 0 {
				t.Logf("%s has findings:\n%s", pkg, output)
			}
			if found = append(found, m[0]); m[1] != "" {
				skipped["^"+m[1]+"$"] = true
			}
		}
	}
	output, _ := run(binaries[1], "-test.skip="+skip)
	see(output)
	var costs [2][]cost
	for range rounds {
		for i, binary := range binaries {
			output, c := run(binary, "-test.skip="+strings.Join(slices.Sorted(maps.Keys(skipped)), "|"))
			if costs[i] = append(costs[i], c); i == 1 {
				see(output)
			}
		}
	}
	slices.Sort(found)
	return median(costs[0]), median(costs[1]), slices.Compact(found)
}

// leaked matches the heading of a report, with the name of the test or example if it is one's.
var leaked = regexp.MustCompile(`(?:((?:Test|Fuzz|Example)\w*) )?(?:what no test owns )?leaked \((?:settled|proven).*`)
