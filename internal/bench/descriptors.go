package bench

import (
	"fmt"
	"os"
	"slices"

	"github.com/go-openapi/testify/v2/assert"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/prometheus/procfs"
	"github.com/shirou/gopsutil/v4/process"
)

// descriptorCases have no body: opening and closing a file costs the same
// under every checker.
func descriptorCases() []Case {
	all := []Case{{Body: Empty, By: Floor, Bench: benchFstat}}
	for _, c := range descriptorCheckers() {
		all = append(all, Case{Body: Empty, By: c.by, Bench: benchClean(c.check, empty)})
	}
	return append(all, Case{Body: Empty, By: Default, Bench: benchClean(noLeak(), empty)})
}

type namedChecker struct {
	by    string
	check checker
}

// descriptorCheckers are fdassert, under the names of its functions, and its
// peers; opts are fdassert's.
func descriptorCheckers(opts ...fdassert.Option) []namedChecker {
	return []namedChecker{
		{NoLeak, func(body func()) string {
			t := new(tb)
			fdassert.NoLeak(t, body, opts...)
			return t.report
		}},
		{Check, func(body func()) string {
			t := new(tb)
			fdassert.Check(t, opts...)
			body()
			t.end()
			return t.report
		}},
		{Gopsutil, compared(func() ([]process.OpenFilesStat, error) {
			p, err := process.NewProcess(int32(os.Getpid()))
			if err != nil {
				return nil, err
			}
			return p.OpenFiles()
		})},
		{Procfs, compared(func() ([]string, error) {
			p, err := procfs.Self()
			if err != nil {
				return nil, err
			}
			return p.FileDescriptorTargets()
		})},
		{Testify, func(body func()) string {
			t := new(tb)
			assert.NoFileDescriptorLeak(t, body)
			return t.report
		}},
	}
}

// compared makes a checker of a library that only lists: it lists before and
// after the body. Lists that are equal are compared at next to no cost.
func compared[E comparable](list func() ([]E, error)) checker {
	return func(body func()) string {
		before, err := list()
		if err != nil {
			return err.Error()
		}
		body()
		after, err := list()
		if err != nil {
			return err.Error()
		}
		if slices.Equal(before, after) {
			return ""
		}
		return fmt.Sprintf("was %v, is %v", before, after)
	}
}
