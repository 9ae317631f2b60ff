// Package platforms has the tests of package verdicts built for other processors, systems and settings of
// the build, and run. Each of these tests must give the same verdict everywhere, or the output must say in
// one line why it can't.
package platforms

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A platform is what the tests are built for and how they are run.
type platform struct {
	name  string
	env   []string // of the build
	build []string // flags of the build
	run   []string // flags of the test binary
	on    []string // programs that run the binary, of which the first that is installed is taken
	// noDumps is where heap dumps are not taken, so that nothing is said of what holds what leaks.
	noDumps string
	// noOpeners is why it is not known who opened a descriptor.
	noOpeners string
	// blind is the system if its descriptors can't be seen.
	blind string
	// always is set if the test does not need LEAKASSERT_PLATFORMS, because it takes little.
	always bool
}

var platforms = []platform{
	{name: "386", env: []string{"GOARCH=386", "CGO_ENABLED=0"}, noDumps: "linux/386", always: true,
		noOpeners: "they are read where a word has 64 bits, its lowest byte first, and not on 386"},
	{name: "arm64", env: []string{"GOARCH=arm64", "CGO_ENABLED=0"}, on: []string{"qemu-aarch64-static", "qemu-aarch64"}},
	{name: "windows", env: []string{"GOOS=windows", "CGO_ENABLED=0"}, on: []string{"wine64", "wine", "/usr/lib/wine/wine64"}, noDumps: "windows/amd64", blind: "windows"},
	this(),
	{name: "with C", env: []string{"CGO_ENABLED=1"}},
	{name: "without C", env: []string{"CGO_ENABLED=0"}},
	{name: "goroutineleakprofile", env: []string{"GOEXPERIMENT=goroutineleakprofile"}},
	{name: "race", env: []string{"CGO_ENABLED=1"}, build: []string{"-race"}},
	{name: "cover", build: []string{"-cover", "-coverpkg=github.com/leakassert/leakassert/..."}},
	{name: "shuffle", run: []string{"-test.shuffle=3"}},
	{name: "count", run: []string{"-test.count=3"}},
	{name: "no inlining", build: []string{"-gcflags=all=-l"}},
	{name: "trimpath", build: []string{"-trimpath"}},
}

// this is the platform that these tests themselves run on.
func this() platform {
	p := platform{name: "this"}
	if !heapdump.Supported() {
		p.noDumps = runtime.GOOS + "/" + runtime.GOARCH
	}
	if runtime.GOOS == "windows" {
		p.blind = runtime.GOOS
	}
	return p
}

// leaking are the tests of package verdicts that leak.
var leaking = map[string]string{ // and the line that leaks, if the report has it
	"TestGoroutine":  `created by  verdicts\.start  \S*verdicts\.go:\d+`,
	"TestDescriptor": `fd         \+1  \d+ .*`,
	"TestForgotten":  `forgotten   closed only by the garbage collector`,
	"TestGrowth":     `allocated   verdicts\.TestGrowth\.func1  \S*verdicts_test\.go:\d+`,
	"TestHeap":       `allocated   verdicts\.TestHeap  \S*verdicts_test\.go:\d+`,
	"TestCollected":  `watched     verdicts\.TestCollected  \S*verdicts_test\.go:\d+`,
	"TestPool":       `checked out  verdicts\.TestPool  \S*verdicts_test\.go:\d+`,
	"TestMap":        `verdicts_test\.go:\d+: mapfuzz: \*verdicts\.list: Load\(\d+\) returned \d+, true`,
	"TestC":          `created by  verdicts\.start  \S*verdicts\.go:\d+`,
}

var dumped = []string{"proven      nothing that is reachable can wake it", "waits on    chan int, to which nobody else refers", "held by     verdicts.objects[…]", "kept by     verdicts.objects[…]"}

func TestPlatforms(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.name, func(t *testing.T) {
			if os.Getenv("LEAKASSERT_PLATFORMS") == "" && (!p.always || testing.Short()) {
				t.Skip("LEAKASSERT_PLATFORMS=1 runs it")
			}
			if p.name == "this" {
				p.test(t)
				return
			}
			if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
				t.Skip("the programs that run these binaries, and 32-bit ones, are those of linux/amd64")
			}
			if p.name == "goroutineleakprofile" && !strings.HasPrefix(runtime.Version(), "go1.26") {
				t.Skip("from Go 1.27 on it is always there")
			}
			p.test(t)
		})
	}
}

func (p platform) test(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "verdicts.test.exe")
	build := exec.Command("go", append(append([]string{"test", "-c", "-o", binary}, p.build...), "./verdicts")...)
	build.Env = append(os.Environ(), p.env...)
	text, err := build.CombinedOutput()
	require.NoError(t, err, "%s", text)
	passes, output := p.start(t, binary)
	if p.blind == "windows" && strings.Contains(output, "bcryptprimitives.dll not found") {
		t.Skip("Go programs do not start in this Wine: Wine has bcryptprimitives.dll since 8.13")
	}
	require.True(t, passes, "%s", output)
	assert.NotContains(t, output, "leaked")

	passes, output = p.start(t, binary, "VERDICTS=leak")
	assert.False(t, passes)
	for test, line := range leaking {
		if p.blind != "" && (test == "TestDescriptor" || test == "TestForgotten") {
			assert.NotContains(t, output, "--- FAIL: "+test+" ")
			continue
		}
		assert.Contains(t, output, "--- FAIL: "+test+" ")
		assert.Regexp(t, `(?m)^ *`+line, output, test)
	}
	for i, line := range dumped {
		if i == 0 && !strings.HasPrefix(runtime.Version(), "go1.26") { // the runtime proves it, without a dump
			assert.Contains(t, output, line)
			continue
		}
		if p.noDumps != "" {
			assert.NotContains(t, output, line)
		} else {
			assert.Contains(t, output, line)
		}
	}
	if p.noDumps != "" {
		const where = ": run the test on Linux, on amd64 or arm64"
		assert.Equal(t, 2*strings.Count(output, "--- FAIL: TestC "), strings.Count(output, "waits on    not known: heap dump: not on "+p.noDumps+where+"\n"), "in TestGoroutine and TestC")
		assert.Contains(t, output, "what holds the objects is not known: heap dump: not on "+p.noDumps+where+"\n")
	}
	if p.blind != "" {
		assert.Contains(t, output, "note: fd: not checked: procfd: descriptors cannot be listed on "+p.blind)
	}
	if t.Failed() {
		t.Log(output)
	}

	p.run = append(slices.Clip(p.run), "-test.run=^TestDescriptor$")
	passes, output = p.start(t, binary, "VERDICTS=leak", "LEAKTEST=settle=50ms,trace,symbols=off")
	assert.Equal(t, p.blind != "", passes, "%s", output)
	switch {
	case p.blind != "":
	case p.noOpeners != "":
		assert.Contains(t, output, "opener      not known: the runtime's records of live objects are not found: "+p.noOpeners+"\n")
	default:
		assert.Regexp(t, `(?m)^ *opened      verdicts\.open  \S*verdicts\.go:\d+$`, output)
	}
}

// start runs the tests, and reports whether they have passed.
func (p platform) start(t *testing.T, binary string, env ...string) (passes bool, output string) {
	command := append([]string{binary, "-test.timeout=5m"}, p.run...)
	if len(p.on) > 0 {
		command = append([]string{installed(t, p.on)}, command...)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "verdicts"
	cmd.Env = append(append(os.Environ(), "LEAKTEST=settle=50ms", "WINEDEBUG=-all"), env...)
	text, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit)
	}
	return err == nil, string(text)
}

func installed(t *testing.T, names []string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.Fail(t, "install one of "+strings.Join(names, ", "))
	return ""
}
