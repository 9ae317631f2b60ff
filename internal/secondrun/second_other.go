//go:build !linux

// Package secondrun runs a failing test a second time.
package secondrun

import "github.com/leakassert/leakassert/internal/stored"

// Find returns who stores into containers that a failing check of a test has found. On this system no
// check finds any.
func Find(test string, containers []stored.Container) []Result {
	results := make([]Result, len(containers))
	for i, c := range containers {
		results[i] = result(nil, test, c)
	}
	return results
}
