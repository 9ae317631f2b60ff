package rebuild

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// MapFile returns the content of a file as a mapping, which needs neither heap nor a descriptor and
// survives the removal of the file.
func MapFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return nil, errors.New("the file is empty")
	}
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
}
