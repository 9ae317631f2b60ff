package names

import (
	"bytes"
	"slices"
)

// Idle reports whether a stack belongs to a goroutine that opens nothing: one of the testing package,
// of the runtime, of os/signal or of this library.
func Idle(stack []byte) bool {
	return slices.ContainsFunc([]string{
		"\ntesting.tRunner(", "\ntesting.(*M).", "\ncreated by runtime", "\ncreated by os/signal.", "\ncreated by testing.", "\n" + Module + "internal/aside.",
	}, func(of string) bool { return bytes.Contains(stack, []byte(of)) })
}
