package report

import (
	"cmp"
	"flag"
	"os"
	"runtime"
	"strings"

	"github.com/leakassert/leakassert/internal/pattern"
)

// For returns a report as out shows it: in colours if out is a terminal.
//
// The go command connects a test with its terminal only if it is called without the name of a
// package, as in "go test" and "go test -v", or with -bench. FORCE_COLOR and CLICOLOR_FORCE ask for
// colours elsewhere, except in the output of go test -json, which no terminal reads. NO_COLOR asks
// for none.
func For(out *os.File, text string) string {
	if !colours(out) {
		return text
	}
	text = caretLine().ReplaceAllString(text, "$1"+red+"^"+plain)
	text = causeLine().ReplaceAllString(text, "$1"+yellow+"$2"+plain)
	if heading, rest, found := strings.Cut(text, "\n\n"); found { // there are leaks
		text = bold + heading + plain + "\n\n" + rest
	}
	return text
}

const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
)

var (
	caretLine = pattern.New(`(?m)^(\s+)\^$`)
	causeLine = pattern.New(`(?m)^( {4}usual cause +)(.*)$`)
)

func colours(out *os.File) bool {
	force := cmp.Or(os.Getenv("FORCE_COLOR"), os.Getenv("CLICOLOR_FORCE"), "0")
	switch v := flag.Lookup("test.v"); {
	case os.Getenv("NO_COLOR") != "" || v != nil && v.Value.String() == "test2json":
		return false
	case force != "0":
		return true
	case os.Getenv("TERM") == "dumb" || runtime.GOOS == "windows": // whose older terminals don't know the codes
		return false
	}
	info, err := out.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
