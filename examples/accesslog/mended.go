package accesslog

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Log is the writer mended: the file is closed on every path, and no more than
// so many entries are written, and files open, at the same time.
type Log struct {
	path   string
	permit chan struct{} // a semaphore: who holds a slot may open the file
}

// New is a log that has at most so many files open at a time.
func New(path string, files int) *Log {
	return &Log{path: path, permit: make(chan struct{}, files)}
}

// Write appends an entry; it waits for its turn no longer than ctx.
func (l *Log) Write(ctx context.Context, entry string) (err error) {
	if entry == "" {
		return ErrEmpty
	}
	select {
	case l.permit <- struct{}{}:
		defer func() { <-l.permit }()
	case <-ctx.Done():
		return ctx.Err()
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = fmt.Fprintln(f, entry)
	return err
}
