package names_test

import (
	"net/http"
	"testing"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func TestStable(t *testing.T) {
	own, std := frame(names.Std).File, frame(http.Get).File
	for _, c := range []struct{ why, name, file, want string }{
		{"a function", "example.org/shop.Open", "", "example.org/shop.Open"},
		{"a method", "example.org/shop.(*DB).flush", "", "example.org/shop.(*DB).flush"},
		{"a method of a value", "net/http.HandlerFunc.ServeHTTP", "", "net/http.HandlerFunc.ServeHTTP"},
		{"a generic one", "example.org/shop.Map[...].Load", "", "example.org/shop.Map[...].Load"},
		{"the same as a line table has it", "example.org/shop.Map[go.shape.int].Load", "", "example.org/shop.Map[...].Load"},
		{"type arguments within others", "example.org/shop.F[map[a/b.K]c/d.V[e/f.X]]", "", "example.org/shop.F[...]"},
		{"a method value", "example.org/shop.(*DB).flush-fm", "", "example.org/shop.(*DB).flush"},
		{"a test of the outer package", "example.org/shop_test.TestX", "", "example.org/shop.TestX"},
		{"a literal", "example.org/shop.Open.func1", "", "example.org/shop.Open.func"},
		{"another one of the same function", "example.org/shop.Open.func12", "", "example.org/shop.Open.func"},
		{"a literal in a literal", "example.org/shop.Open.func1.2", "", "example.org/shop.Open.func"},
		{"of a method", "example.org/shop.(*DB).Open.func1", "", "example.org/shop.(*DB).Open.func"},
		{"the body of a loop over a function", "example.org/shop.Open-range1", "", "example.org/shop.Open.func"},
		{"a loop in a literal", "example.org/shop.Open.func2-range1", "", "example.org/shop.Open.func"},
		{"of a variable", "example.org/shop.init.func1", "", "example.org/shop.init.func"},
		{"of a variable, in older versions", "example.org/shop.glob..func1", "", "example.org/shop.init.func"},
		{"of an init function", "example.org/shop.init.0.func1", "", "example.org/shop.init.func"},
		{"a wrapper of a go statement", "example.org/shop.Open.gowrap1", "", "example.org/shop.Open.func"},
		{"a function that is only called so", "example.org/shop.func1", "", "example.org/shop.func1"},
		{"not a Go call", "non-Go function at pc=0x4a2f10", "", "non-Go function"},
		{"a dot in the path", "gopkg.in/yaml.v3.f.func1", "", "gopkg.in/yaml.v3.f.func"},

		{"inlined into a test", "example.org/shop.TestX.Std.func7", own, self + ".Std.func"},
		{"where nothing is inlined", self + ".Std.func1", own, self + ".Std.func"},
		{"a method inlined", "example.org/shop.TestX.(*T).Job.func7", own, self + ".(*T).Job.func"},
		{"a method of a value inlined", "example.org/shop.TestX.T.Val.func6", own, self + ".Val.func"},
		{"where it is not", self + ".T.Val.func1", own, self + ".Val.func"},
		{"inlined into a literal", "example.org/shop.TestX.func3.1.Nested.1.1", own, self + ".Nested.func"},
		{"a generic one inlined", "example.org/shop.TestX.Gen[...].func7", own, self + ".Gen[...].func"},
		{"a loop inlined", "example.org/shop.TestX.Range.func12-range1", own, self + ".Range.func"},
		{"of the standard library", "example.org/shop.TestX.Get.func7", std, "net/http.Get.func"},
		{"of another module", "example.org/shop.TestX.Get.func7", "/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.4.0/sub/x.go", "github.com/BurntSushi/toml/sub.Get.func"},
		{"built with -trimpath", "example.org/shop.TestX.Get.func7", "example.org/m/v2@v2.4.0/x.go", "example.org/m/v2.Get.func"},
		{"vendored", "example.org/shop.TestX.Get.func7", "/src/shop/vendor/example.org/m/x.go", "example.org/m.Get.func"},
		{"in a folder without a module", "example.org/shop.TestX.Get.func7", "/nowhere/x.go", "example.org/shop.Get.func"},
	} {
		assert.Equal(t, c.want, names.Stable(probe.Frame{Func: c.name, File: c.file, Line: 7}), c.why)
	}
}

func TestPlace(t *testing.T) {
	own, std := frame(names.Std), frame(http.Get)
	inner := probe.Frame{Func: "example.org/shop.step", File: own.File}
	serve := probe.Frame{Func: "net/http.(*conn).serve", File: std.File}
	library := probe.Frame{Func: "example.org/pool.(*Pool).run", File: "/root/go/pkg/mod/example.org/pool@v1.0.0/pool.go"}
	user := probe.Frame{Func: "example.org/shop.work", File: own.File}
	for _, c := range []struct {
		why   string
		stack []probe.Frame
		by    probe.Frame
		want  string
	}{
		{"the function that it began with", []probe.Frame{std, inner, user}, serve, "example.org/shop.work"},
		{"the first call of the module", []probe.Frame{inner, user, library}, serve, "example.org/shop.work"},
		{"the module's function that started it", []probe.Frame{std, serve}, user, "net/http.(*conn).serve by example.org/shop.work"},
		{"not known who started it", []probe.Frame{std, serve}, probe.Frame{}, "net/http.(*conn).serve"},
		{"without a stack", nil, user, "by example.org/shop.work"},
		{"nothing", nil, probe.Frame{}, ""},
	} {
		assert.Equal(t, c.want, names.Place(c.stack, c.by), c.why)
	}
}

func TestTestPackage(t *testing.T) { assert.Equal(t, self, names.TestPackage()) }
