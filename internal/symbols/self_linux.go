package symbols

import (
	"errors"
	"fmt"

	"github.com/leakassert/leakassert/internal/rebuild"
	"golang.org/x/sys/unix"
)

// Self returns the symbols of this process. They are those of the file that setting names, else
// those of the binary itself, else those of a second build of it, which takes up to a minute. The
// setting "off" refuses that. The error is one line that says why there are none.
func Self(setting string) (*Binary, error) {
	b, err := self(setting)
	if err != nil {
		return nil, fmt.Errorf("no names: %w", err)
	}
	return b, nil
}

func self(setting string) (*Binary, error) {
	switch setting {
	case "off":
		return nil, errors.New("LEAKTEST has symbols=off; leave it out")
	case "":
		b, err := open(executable)
		if !errors.Is(err, errNoSymbols) {
			return b, err
		}
		content, err := twin()
		if err != nil {
			return nil, err
		}
		return newBinary(content, func() {})
	}
	b, err := open(setting)
	if err == nil {
		if err = b.verify(); err != nil {
			b.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("symbols=%s: %w; make it with go test -c, with the flags of this test", setting, err)
	}
	return b, nil
}

// Own reports whether the binary itself has symbols.
func Own() bool {
	b, err := open(executable)
	if err == nil {
		b.Close()
	}
	return err == nil
}

const executable = "/proc/self/exe"

// open maps a file and reads its symbols.
func open(file string) (*Binary, error) {
	content, err := rebuild.MapFile(file)
	if err != nil {
		return nil, err
	}
	b, err := newBinary(content, func() { unmap(content) })
	if err != nil {
		unmap(content)
		return nil, err
	}
	return b, nil
}

// unmap removes a mapping of rebuild.MapFile.
func unmap(content []byte) { _ = unix.Munmap(content) } // fails only for what is no mapping
