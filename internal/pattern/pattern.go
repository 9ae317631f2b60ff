// Package pattern makes regular expressions that are compiled on first use. Only reports need most of
// the library's, and a process that reports nothing must not pay for them at its start.
package pattern

import (
	"regexp"
	"sync"
)

// New returns a function that returns the compiled expression. It panics as [regexp.MustCompile] does.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
