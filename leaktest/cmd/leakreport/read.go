package main

import (
	"fmt"
	"io"
	"os"

	"github.com/leakassert/leakassert/internal/page"
)

// read reads findings from files, or from standard input if there are none. It says on standard
// error what it could not read.
func read(files []string, stdin io.Reader, stderr io.Writer) (in page.Input) {
	if len(files) == 0 {
		in.Read("standard input", stdin)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			in.Wrong = append(in.Wrong, err.Error())
			continue
		}
		in.Read(name, file)
		file.Close()
	}
	for _, text := range in.Wrong {
		fmt.Fprintln(stderr, "leakreport:", page.Printable(text))
	}
	return in
}
