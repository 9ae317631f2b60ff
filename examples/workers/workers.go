// Package workers runs tasks at the same time. It is here twice: as it starts a
// goroutine for each task, and as a pool of workers with a bounded queue, in which
// the caller runs what does not fit into the queue.
package workers

// A Runner runs tasks.
type Runner interface {
	// Submit runs the task, or has it run.
	Submit(task func()) error
}
