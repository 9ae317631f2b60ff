package names_test

import (
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
)

func TestFunctionNames(t *testing.T) {
	for _, c := range []struct{ why, name, function, pkg string }{
		{"a function", "example.org/m/metrics.Start", "metrics.Start", "example.org/m/metrics"},
		{"a method", "example.org/m/metrics.(*Collector).work", "metrics.(*Collector).work", "example.org/m/metrics"},
		{"a method of a value", "net/http.HandlerFunc.ServeHTTP", "http.HandlerFunc.ServeHTTP", "net/http"},
		{"a closure", "example.org/m/metrics.Start.func1.2", "metrics.Start.func1.2", "example.org/m/metrics"},
		{"a closure of a method", "net/http.(*Server).Serve.func1", "http.(*Server).Serve.func1", "net/http"},
		{"a method value", "a/b.(*T).M-fm", "b.(*T).M-fm", "a/b"},
		{"the standard library", "testing.tRunner", "testing.tRunner", "testing"},
		{"main", "main.main", "main.main", "main"},
		{"a closure in main", "main.main.func1", "main.main.func1", "main"},
		{"an init", "a/b.init.0", "b.init.0", "a/b"},
		{"a generic function, as a stack has it", "a/b.F[...]", "b.F[...]", "a/b"},
		{"a generic function, as a line table has it", "a/b.F[go.shape.int]", "b.F[go.shape.int]", "a/b"},
		{"type arguments have paths of their own", "a/b.(*T[c/d.X]).M", "b.(*T[c/d.X]).M", "a/b"},
		{"type arguments within type arguments", "a/b.T[map[c/d.K]e/f.G[g/h.X]].M", "b.T[map[c/d.K]e/f.G[g/h.X]].M", "a/b"},
		{"a closure in a generic function", "a/b.F[...].func1", "b.F[...].func1", "a/b"},
		{"a version in the path", "example.org/m/v2/store.Open", "store.Open", "example.org/m/v2/store"},
		{"a version at the end of it", "example.org/m/v2.Open", "m.Open", "example.org/m/v2"},
		{"its tests", "example.org/m/v2_test.TestOpen", "m_test.TestOpen", "example.org/m/v2_test"},
		{"a method in it", "github.com/panjf2000/ants/v2.(*Pool).ticktock", "ants.(*Pool).ticktock", "github.com/panjf2000/ants/v2"},
		{"a package called as the first version of an API", "k8s.io/api/core/v1.F", "v1.F", "k8s.io/api/core/v1"},
		{"a package called so and nothing else", "v2.F", "v2.F", "v2"},
		{"a path that ends in .go", "github.com/nats-io/nats.go.(*Conn).readLoop", "nats.go.(*Conn).readLoop", "github.com/nats-io/nats.go"},
		{"escaped as the linker does", "gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun", "lumberjack.v2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack.v2"},
		{"escaped", "example.org/chart%2ejs.Draw", "chart.js.Draw", "example.org/chart.js"},
		{"seen escaped before", "example.org/chart.js.(*T).Draw", "chart.js.(*T).Draw", "example.org/chart.js"},
		{"dots before the last element", "gopkg.in/yaml.v3/sub.F", "sub.F", "gopkg.in/yaml.v3/sub"},
		{"a version after a dot", "gopkg.in/yaml.v3.f", "yaml.v3.f", "gopkg.in/yaml.v3"},
		{"the same with a method", "gopkg.in/yaml.v3.(*Node).Decode", "yaml.v3.(*Node).Decode", "gopkg.in/yaml.v3"},
		{"the same of someone", "gopkg.in/user/pkg.v12.F.func1", "pkg.v12.F.func1", "gopkg.in/user/pkg.v12"},
		{"a type that only looks like a version", "example.org/yaml.v3.f", "yaml.v3.f", "example.org/yaml"},
		{"a test's package", "example.org/m/store_test.TestOpen", "store_test.TestOpen", "example.org/m/store_test"},
		{"no package", "panic", "panic", "panic"},
		{"not a Go call", "non-Go function at pc=0x4a2f10", "non-Go function at pc=0x4a2f10", "non-Go function at pc=0x4a2f10"},
		{"nothing", "", "", ""},
	} {
		assert.Equal(t, c.function, names.Func(c.name), "Func: %s", c.why)
		assert.Equal(t, c.pkg, names.Package(c.name), "Package: %s", c.why)
	}
}

const self = "github.com/leakassert/leakassert/internal/names"

// frame is where a function of this binary stands.
func frame(f any) probe.Frame {
	pc := reflect.ValueOf(f).Pointer()
	frame, _ := runtime.CallersFrames([]uintptr{pc + 1}).Next()
	return probe.Frame{Func: frame.Function, File: frame.File, Line: frame.Line}
}

// trimmed says that this binary was built with -trimpath.
var trimmed = !strings.HasSuffix(frame(frame).File, "/internal/names/frame_test.go") ||
	strings.HasPrefix(frame(frame).File, self)

func TestSite(t *testing.T) {
	_, version, _ := strings.Cut(frame(cmp.Equal).File, "@")
	version, _, _ = strings.Cut(version, "/")
	for _, c := range []struct {
		why, file, want string
	}{
		{"of the module", frame(frame).File, "internal/names/frame_test.go:7"},
		{"of the module, another package", frame(pipeline.Begin).File, "internal/pipeline/check.go:7"},
		{"of the standard library", frame(http.Get).File, "net/http/client.go:7"},
		{"of another module", frame(cmp.Equal).File, "github.com/google/go-cmp@" + version + "/cmp/compare.go:7"},
		{"of the module, built with -trimpath", self + "/text.go", "internal/names/text.go:7"},
		{"a module whose path only begins so", "github.com/leakassert/leakassertion/a.go", "github.com/leakassert/leakassertion/a.go:7"},
		{"outside of the module", "/elsewhere/a.go", "/elsewhere/a.go:7"},
		{"Windows, as Go writes it", "C:/Users/someone/a.go", "C:/Users/someone/a.go:7"},
		{"Windows, as others write it", `C:\Users\someone\a.go`, `C:\Users\someone\a.go:7`},
		{"made by a generator", "_cgo_gotypes.go", "_cgo_gotypes.go:7"},
		{"not known", "", ""},
	} {
		f := probe.Frame{Func: "a/b.F", File: c.file, Line: 7}
		assert.Equal(t, c.want, names.Site(f), c.why)
		assert.Equal(t, []string{"b.F", c.want}, names.Call(f), c.why)
	}
}

func TestSiteInModuleCache(t *testing.T) {
	for _, c := range []struct{ why, function, file, want string }{
		{"where it is by default", "github.com/panjf2000/ants/v2.(*Pool).Submit", "/root/go/pkg/mod/github.com/panjf2000/ants/v2@v2.11.3/pool.go", "github.com/panjf2000/ants/v2@v2.11.3/pool.go"},
		{"anywhere", "github.com/panjf2000/ants/v2.(*Pool).Submit", "/cache/github.com/panjf2000/ants/v2@v2.11.3/pool.go", "github.com/panjf2000/ants/v2@v2.11.3/pool.go"},
		{"a home that is called as a host", "gopkg.in/yaml.v3.f", "/home/gopkg.in/mod/gopkg.in/yaml.v3@v3.0.1/yaml.go", "gopkg.in/yaml.v3@v3.0.1/yaml.go"},
		{"capital letters", "github.com/BurntSushi/toml.Decode", "/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.4.0/decode.go", "github.com/BurntSushi/toml@v1.4.0/decode.go"},
		{"package main", "main.main", "/root/go/pkg/mod/example.org/tool@v1.0.0/main.go", "example.org/tool@v1.0.0/main.go"},
		{"a module in the place of another", "example.org/m.F", "/root/go/pkg/mod/github.com/fork/m@v1.0.0/m.go", "github.com/fork/m@v1.0.0/m.go"},
		{"on Windows", "example.org/m.F", "C:/Users/me/go/pkg/mod/example.org/m@v1.0.0/m.go", "example.org/m@v1.0.0/m.go"},
		{"built with -trimpath", "example.org/m.F", "example.org/m@v1.0.0/m.go", "example.org/m@v1.0.0/m.go"},
		{"a folder that only looks so", "example.org/m.F", "/srv/app@v2/m.go", "/srv/app@v2/m.go"},
	} {
		assert.Equal(t, c.want+":7", names.Site(probe.Frame{Func: c.function, File: c.file, Line: 7}), c.why)
	}
}

func TestPackageDir(t *testing.T) { assert.Equal(t, "./internal/names", names.PackageDir()) }

// A test that changes its folder does not change the names of its files.
func TestSiteAfterChdir(t *testing.T) {
	t.Chdir(t.TempDir())
	f := frame(frame)
	f.Line = 7
	assert.Equal(t, "internal/names/frame_test.go:7", names.Site(f))
}

func TestStd(t *testing.T) {
	for _, c := range []struct {
		why  string
		file string
		want bool
	}{
		{"the runtime", frame(runtime.Gosched).File, true},
		{"testing, whose file is beside no go.mod of its own", frame(testing.AllocsPerRun).File, true},
		{"net/http", frame(http.Get).File, true},
		{"this package", frame(names.Std).File, false},
		{"this test", frame(frame).File, false},
		{"another module", frame(cmp.Equal).File, false},
		{"the main package of this binary", "_testmain.go", false},
		{"a file that is not known", "", false},
		{"Windows, as Go writes it", "C:/Users/someone/a.go", false},
		{"Windows, as others write it", `C:\Users\someone\a.go`, false},
	} {
		assert.Equal(t, c.want, names.Std(probe.Frame{File: c.file}), "%s: %s", c.why, c.file)
	}
	assert.Equal(t, trimmed, names.Std(probe.Frame{File: "net/http/server.go"}), "as a binary built with -trimpath has it")
	assert.Equal(t, trimmed, names.Std(probe.Frame{File: "vendor/golang.org/x/net/idna/go118.go"}), "what the standard library has copied")
}

// The same in a binary that was built with -trimpath, which does not know where
// its files were.
func TestTrimmed(t *testing.T) {
	if trimmed {
		t.Skip("this is it")
	}
	long.Builds(t)
	gotool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	cmd := exec.Command(gotool, "test", "-trimpath", "-count=1", "-v", "-run", "^Test(Site|SiteAfterChdir|Std|Trimmed)$", ".")
	cmd.Env = os.Environ()
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "--- SKIP: TestTrimmed", "the binary is a trimmed one")
}

func TestStdPackage(t *testing.T) {
	for path, std := range map[string]bool{
		"net/http": true, "sync": true, "internal/sync": true, "runtime": true,
		"main": false, "command-line-arguments": false, "command-line-arguments_test": false,
		"github.com/leakassert/leakassert/internal/names": false, "github.com/leakassert/leakassert_test": false,
		"gopkg.in/yaml.v3": false, "example.org/x": false,
	} {
		assert.Equal(t, std, names.StdPackage(path), path)
		assert.Equal(t, std, names.StdPackage(path), "%s, asked again", path)
	}
}
