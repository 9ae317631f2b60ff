// Package bench measures leaktest, fdassert, poolassert, memassert and the driver of maps of
// leaktest/mapfuzz side by side with their peers, in one process and among the same
// goroutines, descriptors and objects.
//
// What is measured is a check around a body, while some number of goroutines
// that the check must not report are parked:
//
//	body=empty      starts no goroutine: what nearly every test pays
//	body=goroutine  starts one goroutine, which ends: stacks have to be read
//	body=leaks      leaves ten goroutines behind: the time from its end to the verdict
//	body=test       is a whole test on a goroutine of its own, as in a fuzz target's loop
//
// or some number of descriptors are open (files, sockets and pipes), or some number of
// small objects are live in the heap, and the body leaves none behind:
//
//	body=empty  what the check itself takes
//	body=small  makes some objects: about 1 µs
//	body=json   writes and reads JSON: about 50 µs
//	body=hash   computes and allocates nothing: about 1 ms
//
// or so many are live, and the heap is dumped to find out what holds some that leaked:
//
//	body=leaked   the leaked objects are reached from a map
//	body=tangled  all objects refer to them, and they to these
//
// or connections are out of a pool:
//
//	body=empty    what the check itself takes
//	body=get-put  takes a buffer from a pool and puts it back, a thousand times
//
// The driver of maps is measured by how many operations there are, or rounds:
//
//	body=history   plays operations of four goroutines on 64 keys, and judges them
//	body=recorded  judges those that were recorded before
//	body=duel      plays rounds of scenarios of a few operations, and judges each
//
// The peers for goroutines are goleak and fortytw2/leaktest. Those for
// descriptors are gopsutil's OpenFiles and procfs' FileDescriptorTargets, listed
// before and after, and NoFileDescriptorLeak of go-openapi's testify. memassert has
// none. That of the driver of maps is porcupine, which judges but does not drive: it is
// given what our driver has recorded. thediveo/fdooze, zimmski/go-leak and
// tylfin/gomemcheck could not be had.
//
// Next to the checkers stand floors, below which no check of that kind can get:
// reading the runtime's counter of started goroutines, one dump of all stacks,
// two rounds of fstat over the descriptors that are open, the iterations of a
// body with the garbage collections that tell what of them is live, and the operations
// on a map that nobody records.
//
//	go test -bench .                         # times
//	go test -bench . | benchstat -col /by    # side by side
//	go test -run Ratios -timeout 1h -ratios  # ratios, which survive a noisy machine
package bench
