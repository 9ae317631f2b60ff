//go:build unix

package goroutine

import "syscall"

// reserve returns memory outside of the heap. It occupies nothing until it is written to. release
// returns it to the system.
func reserve(size int) []byte {
	if b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE); err == nil {
		return b
	}
	return make([]byte, size)
}

func release(b []byte) []byte {
	if len(b) > 0 {
		_ = syscall.Munmap(b) // it refuses memory that is not its own
	}
	return nil
}
