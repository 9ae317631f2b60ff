// Package bench measures leaktest side by side with its peers, goleak and
// fortytw2/leaktest, in one process and among the same goroutines.
//
// What is measured is a check around a body, while some number of goroutines
// that the check must not report are parked:
//
//	body=empty      starts no goroutine: what nearly every test pays
//	body=goroutine  starts one goroutine, which ends: stacks have to be read
//	body=leaks      leaves ten goroutines behind: the time from its end to the verdict
//	body=test       is a whole test on a goroutine of its own, as in a fuzz target's loop
//
// Next to the checkers stand floors, below which no check of that kind can get:
// reading the runtime's counter of started goroutines, and one dump of all
// stacks.
//
//	go test -bench .                       # times
//	go test -bench . | benchstat -col /by  # side by side
//	go run ./cmd/ratios                    # ratios, which survive a noisy machine
package bench
