package bench

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/go-openapi/testify/v2/assert"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/prometheus/procfs"
	"github.com/shirou/gopsutil/v4/process"
)

// gather opens until it has n, and returns what closes them.
func gather(n int, open func(i int) (io.Closer, error)) (release func(), err error) {
	var all []io.Closer
	release = func() {
		for _, c := range all {
			c.Close()
		}
	}
	for i := range n {
		c, err := open(i)
		if err != nil {
			release()
			return nil, fmt.Errorf("no more than %d of %d can be opened: %w", i, n, err)
		}
		all = append(all, c)
	}
	return release, nil
}

// open opens n descriptors as a large test binary has them, by turns: files, sockets
// and pipes. There can be as many as the hard limit allows, to which package os
// raises the soft one.
func open(n int) (release func(), err error) {
	var r, w *os.File
	return gather(n, func(i int) (c io.Closer, err error) {
		switch turn := i % 4; {
		case turn == 1:
			return net.ListenPacket("udp", "127.0.0.1:0")
		case turn == 2 && i+1 < n:
			r, w, err = os.Pipe()
			return r, err
		case turn == 3:
			return w, nil
		}
		return openSelf()
	})
}

// openSelf opens the running binary, a file that is always there.
func openSelf() (*os.File, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// descriptorCases have no body: opening and closing a file costs the same
// under every checker.
func descriptorCases() []Case {
	all := []Case{{Body: "empty", By: "floor", Bench: benchFstat}}
	return append(all, clean("empty", empty, append(descriptorCheckers(), named[checker]{"default", noLeak()}))...)
}

// descriptorCheckers are fdassert, under the names of its functions, and its
// peers; opts are fdassert's.
func descriptorCheckers(opts ...fdassert.Option) []named[checker] {
	return []named[checker]{
		{"NoLeak", inTest(func(t *tb, body func()) { fdassert.NoLeak(t, body, opts...) })},
		{"Check", inTest(func(t *tb, body func()) { fdassert.Check(t, opts...); body() })},
		{"gopsutil", compared(func() ([]process.OpenFilesStat, error) {
			p, err := process.NewProcess(int32(os.Getpid()))
			if err != nil {
				return nil, err
			}
			return p.OpenFiles()
		})},
		{"procfs", compared(func() ([]string, error) {
			p, err := procfs.Self()
			if err != nil {
				return nil, err
			}
			return p.FileDescriptorTargets()
		})},
		{"testify", inTest(func(t *tb, body func()) { assert.NoFileDescriptorLeak(t, body) })},
	}
}

// compared makes a checker of a library that only lists: it lists before and
// after the body. Lists that are equal are compared at next to no cost.
func compared[E comparable](list func() ([]E, error)) checker {
	return func(body func()) string {
		before, err := list()
		body()
		after, errAfter := list()
		if err := errors.Join(err, errAfter); err != nil {
			return err.Error()
		}
		if slices.Equal(before, after) {
			return ""
		}
		return fmt.Sprintf("was %v, is %v", before, after)
	}
}

// TestDescriptorCheckers shows that what is measured does check: each finds a
// file that is left open, and nothing when none is.
func TestDescriptorCheckers(t *testing.T) {
	for _, c := range descriptorCheckers(fdassert.Settle(0)) {
		t.Run(c.by, func(t *testing.T) {
			if report := c.do(empty); report != "" {
				t.Error(wrongly(report))
			}
			f, err := openSelf()
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			report := c.do(func() { f, err = openSelf() })
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			if report == "" {
				t.Error("it does not see a file that is left open")
			}
		})
	}
}
