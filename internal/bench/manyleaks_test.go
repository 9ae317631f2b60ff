package bench

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var manyLeaks = flag.Int("leaks", 1000, "let TestManyLeaks leak `n` resources of each kind at once; building takes long for 10000")

// TestManyLeaks measures what it takes to report leaks of as many different places at once: the processor time
// of a whole test process, less that of the same process with LEAKTEST=off. It fails for no number, only if the
// report is long or does not count what it leaves out.
func TestManyLeaks(t *testing.T) {
	dir, n := t.TempDir(), *manyLeaks
	write(t, dir, "go.mod", "module example.org/many\n\ngo 1.26\n")
	write(t, dir, "many.go", "package many\n")
	var text strings.Builder
	text.WriteString(manyText)
	for i := range n {
		fmt.Fprintf(&text, "func f%d() { kept = append(kept, new(session)); if goroutines { go wait(); <-ready } }\n", i)
	}
	text.WriteString("\nvar all = []func(){\n")
	for i := range n {
		fmt.Fprintf(&text, "f%d,\n", i)
	}
	write(t, dir, "many_test.go", text.String()+"}\n")
	adopt(t, dir)
	binary := filepath.Join(t.TempDir(), "many.test")
	gocmd(t, dir, "test", "-mod=mod", "-c", "-o", binary)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, test := range []string{"TestGoroutines", "TestFiles", "TestHeap"} {
		files := t.TempDir()
		run := func(words string) (used time.Duration, output string) {
			cmd := exec.Command(binary, "-test.run=^"+test+"$", "-test.timeout=10m")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "LEAKTEST="+words, "FOLDER="+files, "GITHUB_ACTIONS=", fmt.Sprint("LEAKS=", n))
			var b bytes.Buffer
			cmd.Stdout, cmd.Stderr = &b, &b
			_ = cmd.Run() // it leaks
			return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), b.String()
		}
		run("off") // makes the files
		off, _ := run("off")
		for _, words := range []string{"settle=0s", "settle=0s,json=" + filepath.Join(files, "leaks.json")} {
			used, output := run(words)
			word, _, _ := strings.Cut(words, "=")
			if strings.Contains(words, "json") {
				word = "json"
			}
			fmt.Fprintf(out, "%s\t%d leaks\t%s\t%v\n", test, n, word, used-off)
			if len(output) > 1<<20 || !strings.Contains(output, test+" leaked") {
				t.Errorf("%d bytes: %.1000s", len(output), output)
			}
			if test == "TestGoroutines" && !strings.Contains(output, fmt.Sprintf("… and %d more, which are not shown here: %d goroutines", n-100, n-100)) {
				t.Errorf("it does not say what it leaves out: %.1000s", output)
			}
		}
	}
	out.Flush()
}

const manyText = `package many

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type session struct{ name [64]byte }

var (
	kept        []any
	ready, stay = make(chan bool), make(chan bool)
	goroutines  bool
)

func wait() { ready <- true; <-stay }

func TestGoroutines(t *testing.T) {
	goroutines = true
	for _, f := range all {
		f()
	}
}

func TestHeap(t *testing.T) {
	leaktest.Check(t, leaktest.Heap())
	for _, f := range all {
		f()
	}
}

func TestFiles(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("LEAKS"))
	for i := range n {
		f, err := os.Create(filepath.Join(os.Getenv("FOLDER"), fmt.Sprintf("d%dx", i)))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, f)
	}
}

`
