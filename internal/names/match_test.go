package names_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		why, name, function string
		want                bool
	}{
		{"the whole name", "a/b.F", "a/b.F", true},
		{"another function", "a/b.F", "a/b.FF", false},
		{"another package", "a/b.F", "c/b.F", false},
		{"the end of another package's name", "b.F", "a/bb.F", false},
		{"as printed", "b.F", "a/b.F", true},
		{"as printed, a method", "ants.(*Pool).ticktock", "github.com/panjf2000/ants/v2.(*Pool).ticktock", true},
		{"the last element of the path", "v2.(*Pool).ticktock", "github.com/panjf2000/ants/v2.(*Pool).ticktock", true},
		{"the path", "github.com/panjf2000/ants/v2.(*Pool).ticktock", "github.com/panjf2000/ants/v2.(*Pool).ticktock", true},
		{"the folder's name", "go-metrics.(*arbiter).tick", "github.com/rcrowley/go-metrics.(*meterArbiter).tick", false},
		{"the folder's name", "go-metrics.(*arbiter).tick", "github.com/rcrowley/go-metrics.(*arbiter).tick", true},
		{"the package's name", "metrics.(*arbiter).tick", "github.com/rcrowley/go-metrics.(*arbiter).tick", true},
		{"the package's name without a version", "yaml.(*Node).Decode", "gopkg.in/yaml.v3.(*Node).Decode", true},
		{"the package's name without .go", "nats.(*Conn).readLoop", "github.com/nats-io/nats.go.(*Conn).readLoop", true},
		{"type arguments as printed", "pkg.(*listener[...]).run", "a/pkg.(*listener[...]).run", true},
		{"type arguments written out", "a/pkg.(*listener[c/d.X]).run", "a/pkg.(*listener[...]).run", true},
		{"type arguments left out", "a/pkg.F", "a/pkg.F[...]", true},
		{"type arguments in the middle of a prefix", "pkg.(*listener[...])...", "a/pkg.(*listener[...]).run", true},
		{"type arguments at the end", "pkg.F[...]", "a/pkg.F[...]", true},
		{"and of a closure", "pkg.F[...].func1", "a/pkg.F[...].func1", true},
		{"escaped", "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", true},
		{"escaped on the other side", "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun", true},
		{"escaped, as printed", "lumberjack.v2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun", true},
		{"an escaped prefix", "gopkg.in/natefinch/lumberjack%2ev2...", "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", true},
		{"a prefix", "a/b.(*T)...", "a/b.(*T).run", true},
		{"a prefix of paths", "a/...", "a/b.(*T).run", true},
		{"a prefix as printed", "b.(*T)...", "a/b.(*T).run", true},
		{"a package as printed", "b...", "a/b.(*T).run", true},
		{"a package as printed, with its dot", "b....", "a/b.(*T).run", true},
		{"the beginning of a package's name", "b...", "a/bcd.F", false},
		{"a capture", "b.F", "a/b.F.func1", false},
		{"no Go function", "b.F", "non-Go function at pc=0x4a2f10", false},
		{"nothing", "b.F", "", false},
	} {
		match, err := names.Matcher(c.name)
		require.NoError(t, err, c.why)
		assert.Equal(t, c.want, match(c.function), "%s: %s of %s", c.why, c.name, c.function)
	}
}

// What Func makes of a name, Matcher accepts.
func TestMatcherAcceptsWhatIsPrinted(t *testing.T) {
	for _, name := range []string{
		"a/b.F", "a/b/v3.(*T).M-fm", "a/b.F[...].func1", "a/b.(*T[...]).M", "gopkg.in/a/b%2ev2.F.gowrap1", "a/b.init.0", "a/b.glob..func1",
		"gopkg.in/yaml.v3.f", "a/b_test.TestX.func1.2", "main.main", "a/b~c.F", "a/+b.F", "a/b.T.M", "a/b.Größe.messen",
	} {
		match, err := names.Matcher(names.Func(name))
		require.NoError(t, err, name)
		assert.True(t, match(name), "%s of %s", names.Func(name), name)
	}
}

func TestMatcherRefuses(t *testing.T) {
	for name, remedy := range map[string]string{
		"":                      `write "example.org/pkg.Func"`,
		"...":                   "write the package in front of the dots",
		"a/b...c.F":             "at its end only",
		"worker":                `write "example.org/pkg.Func", or "worker..."`,
		"a/b.":                  "the function is missing",
		"a/b.F()":               "no parentheses",
		"a/b.(*T).F(...)":       "no parentheses",
		"a/b.F(0xc000012, 0x1)": "no parentheses",
		"a/b.F G":               "white space",
		`a\b.F`:                 "slashes",
		"store.go":              "the name of a file",
		"store/store.go:41":     "the name of a file",
		"pkg.*":                 `write "pkg..."`,
		"a/pkg.(*T).*":          `write "a/pkg.(*T)..."`,
		"a/pkg*":                `write "a/pkg..."`,
		"a/pkg/*":               `write "a/pkg/..."`,
		"pkg.*T.run":            `write "pkg.(*T).run"`,
		"*.run":                 "not a pattern",
		"^a/b.F$":               "not a pattern",
		"pkg.(*listener[).run":  "needs its ]",
		"pkg.(*listener[...":    "needs its ]",
	} {
		_, err := names.Matcher(name)
		assert.ErrorContains(t, err, remedy, name)
	}
}
