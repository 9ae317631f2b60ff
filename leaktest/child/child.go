// Package child shows the goroutines of a program to the test that runs it by leaktest.Command.
// Import it for its effect in the program, not in the test:
//
//	import _ "github.com/leakassert/leakassert/leaktest/child"
//
// The import does nothing unless the program was started by leaktest.Command: it starts no
// goroutine, handles no signal, defines no flag and does not import package testing. It looks at
// the environment variable LEAKTEST_CHILD, which names two inherited pipes. If these are there, one
// goroutine answers with the stacks of all goroutines when the test asks for them. The variable is
// then removed and the pipes are closed on exec, so that no program which this one starts has them.
//
// Package explain, below this one, also says what goroutines wait on and who opened descriptors.
//
// The stacks of all goroutines stop the program for as long as [runtime.Stack] takes to print them.
// At most 64 MiB are sent. The package does nothing on Windows, Plan 9, JavaScript and WASI.
package child
