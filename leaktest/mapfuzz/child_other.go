//go:build !linux

package mapfuzz

import (
	"fmt"
	"runtime"
)

func inChild(job, []string) (answer, error) {
	return answer{}, fmt.Errorf("not on %s: run the test on Linux", runtime.GOOS)
}
