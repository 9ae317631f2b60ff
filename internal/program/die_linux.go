package program

import "syscall"

// dieWithTest has the kernel kill the program if the test's process ends without its cleanups, as
// after a panic or -timeout.
func dieWithTest(attr *syscall.SysProcAttr) {
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = syscall.SIGKILL
	}
}
