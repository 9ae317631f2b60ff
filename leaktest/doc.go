// Package leaktest fails tests that leave resources behind. It watches goroutines and file
// descriptors. Options add objects in the heap, pools, and resources of the user's own.
//
// One line in TestMain checks every test of a package, and [Check] checks one test:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// A leak is a resource that was acquired during a test and is still held after the test has
// returned, the cleanups registered after the check have run, and the settle time has passed.
//
// # Reports
//
// A report has one line for each finding, with its evidence indented below. [IgnoreFunc]
// and the other options accept every name as it is printed. The evidence says:
//
//   - proven: nothing can wake the goroutine. On Linux (amd64, arm64) a heap dump of the
//     failing test shows it. On Go 1.27, and on Go 1.26 with
//     GOEXPERIMENT=goroutineleakprofile, the runtime shows it earlier, and the check does
//     not wait for the goroutine.
//   - waits on: the channel, Mutex, RWMutex, WaitGroup or Cond that the goroutine waits
//     for, and who else refers to it. "nobody else" means no variable, call, timer,
//     finalizer or cleanup that can still act. go test links without the names of
//     variables, so the line then names the function or goroutine that refers to it, and
//     LEAKTEST=trace the variable. Without trace, no heap of more than 64 MiB is dumped,
//     the checks of one process spend 2 s on it altogether, and only tests do. Linux only.
//   - forgotten: only the garbage collector has closed the descriptor or stopped the
//     goroutine. [AllowForgotten] lets it pass.
//   - sleeps: the goroutine sleeps and may end by itself. The line names the options
//     that allow for that.
//   - started through sync.Once: the first test that needs the goroutine starts it for
//     all. Start it in TestMain, or ignore it.
//   - opened, candidate, opener not known: who opened the descriptor, with
//     LEAKTEST=trace. The report says opened only if the object that holds the
//     descriptor's number proves it.
//   - called from: the call of the module under test that led to a call of a library.
//     For goroutines of the standard library this needs LEAKTEST=trace or
//     GODEBUG=tracebackancestors=10.
//   - a line of source, below the call that it has: the call that started, allocated, opened or
//     checked out what leaks, with a ^ below it. The file must belong to the module under test
//     and must not be newer than the test. A report shows at most 20 lines.
//   - usual cause: what is missing, and what to do. It is written only where the stack, the
//     source or the evidence proves it.
//   - goroutine, below a connection: a goroutine that serves the connection. It is a
//     finding of its own if it is not clear which connection it serves.
//   - by, by one of: the tests that a stack points at, or that overlapped.
//   - seen during: the tests that ran when the leak was seen. An earlier test may have
//     caused it, for example by a timer.
//   - beside: the earlier test whose goroutine still runs, while descriptors like this one keep
//     being opened.
//
// A note is a line about something that the check could not see. A note "not judged" names
// a leak that may belong to a test that has no check, or says what the check left open.
//
// # Limits
//
// Descriptors, the heap and pools belong to the process. If tests overlap, the last
// one to end reports what is left, with the names of all of them.
//
// # Programs
//
// [Command] runs a program and judges it as a whole. Its goroutines are seen if it imports
// package leaktest/child. If it imports package leaktest/child/explain, the report also says what
// they wait on and, with a trace, who opened descriptors.
//
// # Environment
//
// Reports are coloured if standard output is a terminal. go test connects a test with the terminal
// only if it names no package, as in "go test" and "go test -v". NO_COLOR turns colours off.
// FORCE_COLOR and CLICOLOR_FORCE turn them on elsewhere, but not under go test -json.
//
// The environment variable LEAKTEST steers a run. It holds words, separated by commas:
//
//   - off checks nothing.
//   - warn writes leaks to the log and to standard error, and does not fail.
//   - trace shows whole stacks, who opened descriptors and who took connections.
//   - baseline brings the files of known leaks up to date, and baseline=add also adds what is new: see
//     [Baseline].
//   - bisect makes Main run subsets of the tests in second processes of the test binary. For each
//     leak it prints the smallest set of tests that reproduces it, and the command that runs them:
//     for what no test owns, what grows under repeat, and what a test leaks only after another.
//   - selftest plants one leak of each kind that a check watches, in a second process of the test
//     binary, and prints what the check would have caught. It fails if something was missed. Under
//     Main it runs no tests, otherwise it plants at the end of each Check and NoLeak. Write go test -v
//     to see what passes. A pool is not asked to lend: its statistics say that one more is in use.
//   - stored runs a failing test a second time and shows the lines that store into what holds
//     its leaks: see package memassert.
//   - explore makes package mapfuzz explore schedules, and replay=SCHEDULE plays one again.
//   - settle=500ms sets the settle time of all checks.
//   - repeat=3 makes Main run the tests three times and report what grows each time.
//   - pictures=DIR makes package mapfuzz draw the history that failed into DIR.
//   - json=FILE appends one JSON object a line to FILE for each finding. FILE is a whole path without
//     a comma. See package finding for the lines, and command leakreport for other formats.
//   - report=DIR makes one report of all packages in the folder DIR, which is a whole path without a
//     comma: leaks.html is a page of the findings, heap.pb.gz and goroutines.pb.gz are profiles for
//     go tool pprof, and leaks.json has the lines of json=FILE. Findings are added to those of an
//     earlier run. A run without findings writes nothing. What can't be written is said on standard
//     error. Under Main the page is complete when the process ends.
//   - symbols=FILE takes the names of what holds objects from a test binary that go test -c has
//     made, and symbols=off shows no names: see package memassert.
//
// # Programs
//
// Under go test -json, and in what reads it, a test that leaks has attributes: leak.kind, leak.site
// and leak.fingerprint for its first finding, leak.2.kind, leak.2.site and leak.2.fingerprint for
// the second and so on, up to 20, and leak.count. The site is left out if it is not known.
//
// If GITHUB_ACTIONS is true, up to ten findings of a package are printed as workflow commands, from
// which GitHub makes annotations, and all findings are added to a table in the file that
// GITHUB_STEP_SUMMARY names.
package leaktest
