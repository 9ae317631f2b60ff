//go:build amd64 || arm64

package memassert_test

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// unheld asserts that a failing check has the plain finding and one note, and leaves the process as it
// was.
func unheld(t *testing.T, note string) (report string) {
	t.Helper()
	freeHostages(t)
	before := currentSettings(t)
	report = failing(t)
	assert.Equal(t, []string{note}, found(t, report), report)
	assert.Equal(t, before, currentSettings(t))
	assert.Empty(t, childrenOf(os.Getpid()))
	return report
}

// A seccomp filter, such as that of a sandbox, refuses the fork.
func TestForkRefusedByFilter(t *testing.T) {
	if !alone(t, func(*exec.Cmd) {}) {
		return
	}
	filterCalls(t, unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM), unix.SECCOMP_RET_ALLOW)
	report := unheld(t, notKnown+"heap dump: fork: operation not permitted (3 tries)")
	assert.NotContains(t, report, "held by")
}

// A limit of processes refuses the fork. It does not apply to root.
func TestForkRefusedByLimit(t *testing.T) {
	if !alone(t, func(*exec.Cmd) {}) {
		return
	}
	const nobody = 65534
	if os.Getuid() == 0 {
		require.NoError(t, syscall.Setuid(nobody))
		require.NoError(t, unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)) // else /proc/self remains root's
	}
	spareThreads()
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: 1, Max: 1}))
	report := unheld(t, notKnown+"heap dump: fork: resource temporarily unavailable (3 tries)")
	assert.NotContains(t, report, "held by")
}

// spareThreads makes the runtime start threads. It crashes if it can't start one later.
func spareThreads() {
	done := make(chan struct{})
	const threads = 20
	for range threads {
		go func() {
			pause := unix.NsecToTimespec(int64(100 * time.Millisecond))
			_ = unix.Nanosleep(&pause, nil)
			done <- struct{}{}
		}()
	}
	for range threads {
		<-done
	}
}

// A report without names says in one line why, and how to get them.
func TestNoNames(t *testing.T) {
	const otherwise = "run what go test -c makes, or name it: LEAKTEST=symbols=FILE"
	const make = "; make it with go test -c, with the flags of this test"
	tool, err := exec.LookPath("go")
	if err != nil { // in the child that has no go command
		tool = ""
	}
	for _, c := range []struct{ name, env, value, note string }{
		{"off", "LEAKTEST", "symbols=off", "LEAKTEST has symbols=off; leave it out"},
		{"missing file", "LEAKTEST", "symbols=/nonexistent", "symbols=/nonexistent: open /nonexistent: no such file or directory" + make},
		{"another program", "LEAKTEST", "symbols=" + tool, "symbols=" + tool + ": another program, without github.com/leakassert/leakassert/internal/symbols.newBinary" + make},
		{"no binary", "LEAKTEST", "symbols=memassert.go", "symbols=memassert.go: not an ELF file: bad magic number '[47 47 32 80]' in record at byte 0x0" + make},
		{"no go command", "PATH", "/nonexistent", "the go command is not in PATH; " + otherwise},
		{"TMPDIR is missing", "TMPDIR", "/nonexistent", "no folder for a second build in TMPDIR=/nonexistent: no such file or directory; " + otherwise},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.env != "LEAKTEST" {
				needsSecondBuild(t)
			}
			if alone(t, setting(c.env, c.value)) {
				unheld(t, noNames+c.note)
			}
		})
	}
}

// The second build needs room in TMPDIR.
func TestNoRoomForTheSecondBuild(t *testing.T) {
	needsSecondBuild(t)
	for _, c := range []struct {
		name    string
		flags   uintptr
		options string
		note    string
	}{
		{"read-only", unix.MS_RDONLY, "", `no folder for a second build in TMPDIR=\S+: read-only file system`},
		{"full", 0, "size=4k", `the package can't be built a second time: .*no space left on device`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !alone(t, func(cmd *exec.Cmd) {
				setting("TMPDIR", t.TempDir())(cmd)
				cmd.SysProcAttr = ownMounts()
			}) {
				return
			}
			if err := unix.Mount("none", os.TempDir(), "tmpfs", c.flags, c.options); err != nil {
				t.Skipf("nothing can be mounted here: %v", err)
			}
			freeHostages(t)
			report := failing(t)
			notes := found(t, report)
			require.Len(t, notes, 1, report)
			assert.Regexp(t, "^"+noNames+c.note+"; run what go test -c makes, or name it: LEAKTEST=symbols=FILE$", notes[0])
		})
	}
}

// needsSecondBuild skips a test of a binary that has names itself. Those of a plain go test have none.
func needsSecondBuild(t *testing.T) {
	t.Helper()
	f, err := elf.Open("/proc/self/exe")
	require.NoError(t, err)
	defer f.Close()
	if _, err := f.Symbols(); err == nil {
		t.Skip("this binary has names itself")
	}
}

// ownMounts lets a child mount without being root.
func ownMounts() *syscall.SysProcAttr {
	id := func(of int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: of, Size: 1}} }
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: id(os.Getuid()),
		GidMappings: id(os.Getgid()),
	}
}

// A check that passes makes no process, no dump, and maps no file.
func TestPassingChecksDoNotFork(t *testing.T) {
	for _, c := range []struct {
		name string
		fail bool
	}{{"passing", false}, {"failing", true}} {
		t.Run(c.name, func(t *testing.T) {
			child, output, err := inChild(t, func(*exec.Cmd) {})
			if child {
				filterCalls(t, unix.SECCOMP_RET_KILL_PROCESS, unix.SECCOMP_RET_KILL_PROCESS)
				if c.fail {
					failing(t)
				}
				pass(t)
				return
			}
			if !c.fail {
				require.NoError(t, err, output)
				return
			}
			var exit *exec.ExitError
			require.True(t, errors.As(err, &exit), output)
			assert.Equal(t, syscall.SIGSYS, exit.Sys().(syscall.WaitStatus).Signal(), output)
		})
	}
}

// pass runs checks that pass: of what leaks nothing, of what goes away later, of what is allowed and of
// what is left out.
func pass(t *testing.T) {
	freeHostages(t)
	soft := func() { hold(0, 10); time.AfterFunc(10*time.Millisecond, func() { hostages[0] = nil }) }
	for _, check := range []func(f *faketb.TB){
		func(f *faketb.TB) { memassert.Check(f); newHostage() },
		func(f *faketb.TB) { memassert.NoLeak(f, func() { newHostage() }) },
		func(f *faketb.TB) { memassert.NoLeak(f, soft) },
		func(f *faketb.TB) { memassert.NoLeak(f, func() { hold(1, 10) }, once, memassert.MaxObjects(20)) },
		func(f *faketb.TB) {
			memassert.NoLeak(f, func() { hold(2, 10) }, once, memassert.IgnoreFunc("memassert_test.hold"))
		},
		func(f *faketb.TB) {
			memassert.NoGrowth(f, func() { newHostage() }, memassert.Budget(100*time.Millisecond))
		},
		func(f *faketb.TB) { memassert.Collected(f, newHostage()) },
		func(f *faketb.TB) { leaktest.Check(f, leaktest.Everything()); newHostage() },
		func(f *faketb.TB) { leaktest.NoLeak(f, func() { newHostage() }, leaktest.Everything()) },
	} {
		f, panicked := faketb.Run("T", check)
		assert.Nil(t, panicked)
		assert.Empty(t, f.Errors())
	}
}

// The runtime writes no dump after a goroutine leak profile that has found leaks. The child's copy of the
// goroutines forgets them first, also without names.
func TestAfterGoroutineLeakProfile(t *testing.T) {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		return // before Go 1.27
	}
	if !alone(t, func(*exec.Cmd) {}) {
		return
	}
	go func() { <-make(chan int) }()
	for profile.Count() == 0 { // until the goroutine waits
		require.NoError(t, profile.WriteTo(&strings.Builder{}, 1))
	}
	t.Setenv("LEAKTEST", "symbols=off")
	report := unheld(t, noNames+"LEAKTEST has symbols=off; leave it out")
	assert.Contains(t, report, "held by      a package variable → … → *memassert_test.hostage")
}

// A body that leaks fast under a limit is told before the process has no memory left.
func TestNoGrowthUnderALimitOfMemory(t *testing.T) {
	if !alone(t, func(*exec.Cmd) {}) {
		return
	}
	if !raceEnabled { // its shadow memory has no room under a limit
		limit := uint64(192 << 20)
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit}))
	}
	var kept [][]byte
	f := faketb.New("T")
	assert.False(t, memassert.NoGrowth(f, func() { kept = append(kept, make([]byte, 64<<10)) }, once))
	assert.Contains(t, f.Errors(), "memassert/hostile_linux_test.go:")
	require.NotEmpty(t, kept)
}
