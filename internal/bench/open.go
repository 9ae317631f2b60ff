package bench

import (
	"fmt"
	"io"
	"net"
	"os"
)

// open opens n descriptors as a large test binary has them: files, sockets and
// pipes. There can be as many as the hard limit allows, to which package os
// raises the soft one.
func open(n int) (release func(), err error) {
	var closers []io.Closer
	release = func() {
		for _, c := range closers {
			c.Close()
		}
	}
	for turn := 0; len(closers) < n; turn++ {
		more, err := opened(turn, n-len(closers))
		if err != nil {
			got := len(closers)
			release()
			return nil, fmt.Errorf("no more than %d of %d descriptors can be opened: %w", got, n, err)
		}
		closers = append(closers, more...)
	}
	return release, nil
}

// opened takes turns at opening one or two descriptors, at most left.
func opened(turn, left int) ([]io.Closer, error) {
	switch {
	case turn%3 == 1:
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		return []io.Closer{c}, err
	case turn%3 == 2 && left >= 2:
		r, w, err := os.Pipe()
		return []io.Closer{r, w}, err
	}
	f, err := openSelf()
	return []io.Closer{f}, err
}

// openSelf opens the running binary, a file that is always there.
func openSelf() (*os.File, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}
