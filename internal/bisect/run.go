package bisect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/names"
)

// IsChild reports whether this process is a child of a bisection.
func IsChild() bool { return os.Getenv(toVar) != "" }

// most is how many leaks of a package are bisected.
const most = 5

// Run bisects the leaks of the tests of this process's binary. leaktest is the LEAKTEST of the children.
// It writes to out and returns the exit code: 1 if something leaks.
func Run(leaktest string, out io.Writer) int {
	b := &bisection{leaktest: leaktest, out: out, known: make(map[string]run), deadline: deadline(os.Args[1:])}
	b.run = b.inChild
	return b.all()
}

func (b *bisection) all() (code int) {
	b.say("all tests run once")
	b.runs++
	all, err := b.run(nil)
	switch {
	case err != nil:
		b.say("%v", err)
		return 2
	case len(all.tests) == 0:
		b.say("no test has run under leaktest.Main, which LEAKTEST=bisect needs")
		return 2
	case len(all.leaks) == 0:
		b.say("nothing leaks in this run of %d tests", len(all.tests))
		return 0
	}
	seen := make(map[same]bool)
	for _, f := range all.leaks {
		if seen[f.same()] {
			continue
		}
		if seen[f.same()] = true; len(seen) > most {
			b.say("the other leaks are left out: first mend these")
			break
		}
		b.find(f, all.tests)
	}
	return 1
}

// A bisection runs the tests of this binary in child processes.
type bisection struct {
	leaktest string
	out      io.Writer
	deadline time.Time // zero if there is none
	known    map[string]run
	late     bool // the time is over
	runs     int
	// run runs some tests, all if some is nil.
	run func(some *[]string) (run, error)
}

func (b *bisection) say(format string, args ...any) {
	fmt.Fprintf(b.out, "bisect: "+format+"\n", args...)
}

// find finds the tests that reproduce a leak.
func (b *bisection) find(f found, tests []string) {
	subject, needed := "what no test owns", []string(nil)
	if f.Test != "" {
		subject, needed = f.Test, []string{f.Test}
	}
	if f.Grows {
		subject = "each run of the suite"
	}
	b.say("%s: %s", subject, f.Line)
	reproduce := func(some []string) bool { return b.has(slices.Concat(needed, some), f.same()) }
	if reproduce(nil) {
		if f.Test != "" {
			b.say("%s alone reproduces it", f.Test)
		} else {
			b.say("no test is needed: it is there when TestMain has run none")
		}
		return
	}
	others := slices.DeleteFunc(slices.Clone(tests), func(t string) bool { return t == f.Test })
	if !reproduce(others) {
		b.say("a second run of all tests does not reproduce it: it depends on chance, or on the order of the tests")
		return
	}
	least := len(others)
	smallest := Smallest(others, func(some []string) bool {
		found := reproduce(some)
		if found && len(some) < least {
			least = len(some)
			b.say("%d of %d tests reproduce it (run %d)", least+len(needed), len(tests), b.runs)
		}
		return found
	})
	all := slices.Concat(smallest, needed)
	if b.late {
		b.say("the time of -timeout is over: fewer tests may do")
	}
	b.say("%s of %d tests reproduces it: %s\n    %s", count(len(all)), len(tests), strings.Join(all, ", "), b.command(all))
}

func count(n int) string {
	if n == 1 {
		return "1"
	}
	return fmt.Sprintf("a set of %d", n)
}

// command is the command that runs some tests.
func (b *bisection) command(tests []string) string {
	patterns := make([]string, len(tests))
	for i, t := range tests {
		patterns[i] = regexp.QuoteMeta(t)
	}
	command := fmt.Sprintf("go test -count=1 -run '^(%s)$' %s", strings.Join(patterns, "|"), names.PackageDir())
	if b.leaktest != "" {
		command = "LEAKTEST=" + b.leaktest + " " + command
	}
	return command
}

// has reports whether a run of some tests has a leak.
func (b *bisection) has(some []string, s same) bool {
	key := strings.Join(some, "\n")
	r, known := b.known[key]
	if !known {
		if b.late = b.late || !b.deadline.IsZero() && time.Now().After(b.deadline); b.late {
			return false
		}
		b.runs++
		var err error
		if r, err = b.run(&some); err != nil {
			b.say("%v", err) // counts as not reproduced
		}
		b.known[key] = r
	}
	return r.has(s)
}

// inChild runs tests in a child process. An error is that of a child that could not begin, or has died.
func (b *bisection) inChild(some *[]string) (r run, err error) {
	records, err := tempFile("")
	defer os.Remove(records)
	if err != nil {
		return r, err
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if !b.deadline.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, b.deadline.Add(time.Until(b.deadline)/20))
	}
	defer cancel()
	child := exec.CommandContext(ctx, self, os.Args[1:]...)
	child.WaitDelay = time.Second
	child.Env = append(os.Environ(), "LEAKTEST="+b.leaktest, toVar+"="+records)
	if some != nil {
		list, err := tempFile(strings.Join(*some, "\n"))
		defer os.Remove(list)
		if err != nil {
			return r, err
		}
		child.Env = append(child.Env, onlyVar+"="+list)
	}
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	err = child.Run()
	r, unread := read(records)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() && exit.ExitCode() == 1 && unread == nil { // tests have failed
		return r, nil
	}
	if err = errors.Join(err, unread); err != nil {
		err = fmt.Errorf("run %d: %w\n%s", b.runs, err, tail(output.String()))
	}
	return r, err
}

// tempFile writes a temporary file and returns its name, which is "" if there is no file.
func tempFile(text string) (name string, err error) {
	file, err := os.CreateTemp("", "leaktest-bisect-*")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	return file.Name(), errors.Join(err, file.Close())
}

// tail is the end of a text, with each line indented.
func tail(text string) string {
	const most = 20
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	lines = lines[max(0, len(lines)-most):]
	return "    " + strings.Join(lines, "\n    ")
}

// deadline returns when the go command ends this process, a little before; zero if it does not.
func deadline(args []string) (at time.Time) {
	for _, arg := range args {
		if value, ok := strings.CutPrefix(strings.TrimLeft(arg, "-"), "test.timeout="); ok {
			if d, err := time.ParseDuration(value); err == nil && d > 0 {
				at = time.Now().Add(d * 9 / 10)
			}
		}
	}
	return at
}
