// Package bench measures leaktest, fdassert, poolassert and memassert side by side with their
// peers, in one process and among the same goroutines, descriptors and objects.
//
// What is measured is a check around a body, while some number of goroutines
// that the check must not report are parked:
//
//	body=empty      starts no goroutine: what nearly every test pays
//	body=goroutine  starts one goroutine, which ends: stacks have to be read
//	body=leaks      leaves ten goroutines behind: the time from its end to the verdict
//	body=test       is a whole test on a goroutine of its own, as in a fuzz target's loop
//
// or some number of descriptors are open: files, sockets and pipes. There the
// body is empty. Or some number of small objects are live in the heap, and the
// body leaves none behind:
//
//	body=empty  what the check itself takes
//	body=small  makes some objects: about 1 µs
//	body=json   writes and reads JSON: about 50 µs
//	body=hash   computes and allocates nothing: about 1 ms
//
// The peers for goroutines are goleak and fortytw2/leaktest. Those for
// descriptors are gopsutil's OpenFiles and procfs' FileDescriptorTargets, listed
// before and after, and NoFileDescriptorLeak of go-openapi's testify.
// thediveo/fdooze is not among them, as its module could not be had. memassert
// has none: zimmski/go-leak, which says of itself that it no longer works, and
// tylfin/gomemcheck, an experiment, could not be had either.
//
// Next to the checkers stand floors, below which no check of that kind can get:
// reading the runtime's counter of started goroutines, one dump of all stacks,
// two rounds of fstat over the descriptors that are open, and the iterations of a
// body with the garbage collections that tell what of them is live.
//
//	go test -bench .                       # times
//	go test -bench . | benchstat -col /by  # side by side
//	go run ./cmd/ratios                    # ratios, which survive a noisy machine
package bench
