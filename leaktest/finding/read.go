package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine is the length of the longest line that is read, in bytes.
const maxLine = 64 << 20

// A LineError says what is wrong with one line of JSON lines.
type LineError struct {
	Line int // the first line is 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// All reads JSON lines from r. It yields each finding, and a [*LineError] for each line that is no
// finding of a known [Version]; it goes on with the next line. Empty lines are left out. If r fails,
// the last error is that of r.
func All(r io.Reader) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		lines := bufio.NewReader(r)
		for number := 1; ; number++ {
			text, err := readLine(lines)
			if err != nil && !errors.Is(err, errLong) && !errors.Is(err, io.EOF) {
				yield(Finding{}, err)
				return
			}
			ended := errors.Is(err, io.EOF)
			if text = bytes.TrimSpace(text); len(text) > 0 || errors.Is(err, errLong) {
				f, wrong := parse(text, err)
				if wrong != nil {
					wrong = &LineError{number, wrong}
				}
				if !yield(f, wrong) {
					return
				}
			}
			if ended {
				return
			}
		}
	}
}

// Read reads all JSON lines from r. It returns the findings that it could read, and an error that
// joins what is wrong with the other lines; each part is a [*LineError].
func Read(r io.Reader) ([]Finding, error) {
	var all []Finding
	var wrong []error
	for f, err := range All(r) {
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		all = append(all, f)
	}
	return all, errors.Join(wrong...)
}

var errLong = fmt.Errorf("longer than %d MiB", maxLine>>20)

// readLine reads to the end of a line. It reads a line over maxLine to its end, too, and returns
// errLong for it.
func readLine(r *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case long && (err == nil || errors.Is(err, io.EOF)):
			return nil, errLong // the next read returns io.EOF again
		default:
			return line, err
		}
	}
}

func parse(text []byte, err error) (f Finding, wrong error) {
	if errors.Is(err, errLong) {
		return f, errLong
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return Finding{}, err
	}
	switch {
	case f.Version == 0:
		return Finding{}, errors.New("no finding: it has no version")
	case f.Version < 0 || f.Version > Version:
		return Finding{}, fmt.Errorf("version %d of the schema is not known, only versions up to %d: update github.com/leakassert/leakassert", f.Version, Version)
	}
	return f, nil
}
