// Command leakreport turns the JSON lines of LEAKTEST=json=FILE into other formats:
//
//	LEAKTEST=json=$PWD/leaks.json go test ./...
//	go run github.com/leakassert/leakassert/leaktest/cmd/leakreport -html leaks.json > leaks.html
//	go run github.com/leakassert/leakassert/leaktest/cmd/leakreport -sarif leaks.json > leaks.sarif
//	go run github.com/leakassert/leakassert/leaktest/cmd/leakreport -pprof profiles leaks.json
//
// LEAKTEST=report=DIR makes the same page and profiles without it.
//
// It reads the files, or standard input if there are none, and writes one format to standard output,
// or to files that it names there.
// It names each damaged line on standard error, leaves it out, and then exits with 1.
//
// With -html it writes one HTML page that needs no other file and no network: the findings by test
// and by kind, with their stacks, what holds them, their growth, and tables of values before and
// after the test. It shows the source around a line if the file is in the module's folder of the run
// or, if that folder is not here, in the folder that -root names. A page shows at most 500 findings
// in full, and says how many it leaves out.
//
// With -pprof DIR it writes two profiles to the folder DIR, for go tool pprof: heap.pb.gz has the
// live objects and bytes of heap findings, goroutines.pb.gz the leaked goroutines. Samples have the
// labels kind, test and package. A finding without a stack counts at its place or, if that is not
// known either, at a function with the text of the finding.
//
// With -sarif it writes SARIF 2.1.0 for GitHub code scanning and other viewers. Leaks of one place
// are one result, whichever tests have found them. Names of files are relative to the folder that
// -root names: by default $GITHUB_WORKSPACE, or the current folder.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/leakassert/leakassert/internal/page"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// A format writes findings to standard output, or to files of its own.
type format func(w io.Writer, in page.Input) error

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	flags := flag.NewFlagSet("leakreport", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: leakreport -html|-sarif|-pprof DIR [-root DIR] [FILE ...]")
		flags.PrintDefaults()
	}
	var formats []format
	add := func(f format) error { formats = append(formats, f); return nil }
	flags.BoolFunc("html", "write an HTML page", func(string) error { return add(page.Write) })
	flags.BoolFunc("sarif", "write SARIF 2.1.0", func(string) error { return add(sarif) })
	flags.Func("pprof", "write heap.pb.gz and goroutines.pb.gz to the `folder`, for go tool pprof", func(dir string) error {
		return add(func(w io.Writer, in page.Input) error { return pprof(dir, in.Found, w) })
	})
	root := flags.String("root", "", "the `folder` of the repository; $GITHUB_WORKSPACE or the current folder by default")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case len(formats) == 0:
		fmt.Fprintln(stderr, "leakreport: no format is given: write -html, -sarif or -pprof DIR")
		flags.Usage()
		return 2
	case len(formats) > 1:
		fmt.Fprintln(stderr, "leakreport: several formats are given: run leakreport once for each")
		return 2
	}
	in := read(flags.Args(), stdin, stderr)
	here, _ := os.Getwd()
	in.Root = cmp.Or(*root, os.Getenv("GITHUB_WORKSPACE"), here)
	if err := formats[0](stdout, in); err != nil {
		fmt.Fprintln(stderr, "leakreport:", err)
		return 1
	}
	if len(in.Wrong) > 0 {
		return 1
	}
	return 0
}
