// Package limits reads what customers have uploaded. It is here twice: as it ran
// into the limits of its container, and mended. The tests run both in a child
// process under such limits.
package limits

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
)

// ErrHeader is the error of reading something that does not begin as an upload does.
var ErrHeader = errors.New("limits: an upload begins with the line \"upload\"")

var header = []byte("upload\n")

// parse returns the text of an upload without its header.
func parse(f fs.File) ([]byte, error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	text, ok := bytes.CutPrefix(text, header)
	if !ok {
		return nil, ErrHeader
	}
	return bytes.Clone(text), nil // what is kept takes no more room than the text
}
