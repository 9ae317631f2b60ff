package main

import (
	"fmt"
	"io"
	"os"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// An input is what a format writes.
type input struct {
	found []finding.Finding
	wrong []string // what could not be read
	root  string   // the folder of the repository
}

// read reads findings from files, or from standard input if there are none. It says on standard
// error what it could not read.
func read(files []string, stdin io.Reader, stderr io.Writer) (in input) {
	fail := func(text string) {
		text = shown(text) // it has names of files
		fmt.Fprintln(stderr, "leakreport:", text)
		in.wrong = append(in.wrong, text)
	}
	from := func(name string, r io.Reader) {
		for f, err := range finding.All(r) {
			if err != nil {
				fail(fmt.Sprintf("%s: %v", name, err))
				continue
			}
			in.found = append(in.found, f)
		}
	}
	if len(files) == 0 {
		from("standard input", stdin)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			fail(err.Error())
			continue
		}
		from(name, file)
		file.Close()
	}
	return in
}
