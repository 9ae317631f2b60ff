package machine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// An addition returns what to append to a file, which it may read. Each element is appended by one
// write.
type addition func(f *os.File, size int64) ([][]byte, error)

// add appends to a file that other processes append to, too. The file is opened in append mode,
// each element is one write, and all of them are written under a lock of the file where the system
// has one (flock on Unix, LockFileEx on Windows). If another process does not release the lock in
// time, add goes on without it: each write is then still appended as a whole, as the system
// guarantees for local files.
//
// The file is closed again, so that no check finds it open.
func add(name string, what addition) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|nonblocking, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() { // writing to a pipe could wait for its reader
		return &fs.PathError{Op: "write", Path: name, Err: errors.New("it is not a regular file")}
	}
	locked := lock(f)
	if locked {
		defer unlock(f)
	}
	info, err := f.Stat() // now that nobody else appends
	if err != nil {
		return err
	}
	size := info.Size()
	parts, err := what(f, size)
	if err != nil || len(parts) == 0 {
		return err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); size > 0 && err == nil && last[0] != '\n' {
		parts[0] = append([]byte{'\n'}, parts[0]...) // a line that was not written to its end spoils no other
	}
	for _, p := range parts {
		n, err := f.Write(p)
		if err != nil {
			if n > 0 && locked {
				f.Truncate(size) // no part of a line is left
			}
			return err
		}
		size += int64(n)
	}
	return nil
}

// text reads all of a file.
func text(f *os.File, size int64) (string, error) {
	all := make([]byte, size)
	if n, err := f.ReadAt(all, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read: %w", err)
	} else {
		return string(all[:n]), nil
	}
}
