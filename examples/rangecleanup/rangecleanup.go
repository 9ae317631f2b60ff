// Package rangecleanup is a queue of jobs that are tried until they succeed. It is
// here twice: as its slice grew with every job that was ever added, and mended.
package rangecleanup

// A Job is something to do, and holds what it takes. It is done when it returns nil.
type Job func() error
