// Package accesslog is a log writer that is called for every request. It is here
// twice: as it ran into "too many open files", and mended.
package accesslog

import (
	"errors"
	"fmt"
	"os"
)

// ErrEmpty is the error of writing an entry without text.
var ErrEmpty = errors.New("accesslog: the entry is empty")

// Leaking opens the file anew for each entry and closes it when all has gone
// well: an entry that can't be written leaves it open.
type Leaking struct{ Path string }

// Write appends an entry.
func (l Leaking) Write(entry string) error {
	f, err := os.OpenFile(l.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if entry == "" {
		return ErrEmpty // and f stays open
	}
	if _, err := fmt.Fprintln(f, entry); err != nil {
		return err // and here
	}
	return f.Close()
}
