package baseline

import (
	"flag"
	"strconv"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
)

// runs returns how often the flags have each test run.
func runs() int64 {
	n, err := strconv.ParseInt(setting("count"), 10, 64)
	if err != nil {
		n = 1
	}
	return max(n, 1) * int64(1+strings.Count(setting("cpu"), ","))
}

func setting(name string) string {
	if f := flag.Lookup("test." + name); f != nil {
		return f.Value.String()
	}
	return ""
}

// circumstances say which of the tests have run.
type circumstances struct {
	Narrowed bool // some tests have not run
	Partly   bool // some subtests may not have run
	Less     bool // tests may have done less than they can
}

// conditions returns the conditions that the flags of go test and a sharding runner set.
func conditions() circumstances {
	run, skip := setting("run"), setting("skip")
	return circumstances{
		Narrowed: run != "" || skip != "" || setting("bench") != "" || setting("list") != "" || setting("fuzz") != "" || probe.Sharded(),
		Partly:   strings.Contains(run+skip, "/"),
		Less:     testing.Testing() && flag.Parsed() && testing.Short(),
	}
}
