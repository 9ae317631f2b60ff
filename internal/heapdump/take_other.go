//go:build !linux || !(amd64 || arm64)

package heapdump

import (
	"fmt"
	"runtime"
	"time"
)

const supported = false

func room(bytes, objects uint64) error {
	return fmt.Errorf("not on %s/%s: run the test on Linux, on amd64 or arm64", runtime.GOOS, runtime.GOARCH)
}

func take(time.Duration, bool) (*Dump, error) { return nil, Possible() }
