package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// A screen prints the tour, in colours and folded to its width if it is a terminal.
type screen struct {
	io.Writer
	terminal, colours bool
}

// width is how many columns a line may have.
const width = 80

func newScreen(f *os.File) *screen {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &screen{f, terminal, terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Escape sequences of a terminal.
const (
	bold  = "\x1b[1m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	plain = "\x1b[0m"
)

func (s *screen) paint(colour, text string) string {
	if !s.colours {
		return text
	}
	return colour + text + plain
}

// print prints text, whose long lines it folds on a terminal.
func (s *screen) print(text string) {
	if s.terminal {
		var folded strings.Builder
		for line := range strings.Lines(text) {
			folded.WriteString(fold(line))
		}
		text = folded.String()
	}
	fmt.Fprint(s, text)
}

// fold breaks a line at spaces so that no part is wider than the screen, if it can. The
// parts after the first are indented by four columns more than the line.
func fold(line string) string {
	indent := strings.Repeat(" ", min(len(line)-len(strings.TrimLeft(line, " "))+4, width/2))
	var folded strings.Builder
	for {
		runes := []rune(line)
		if len(runes) <= width+1 { // the newline takes no column
			return folded.String() + line
		}
		at := strings.LastIndex(strings.TrimRight(string(runes[:width]), " "), " ")
		if strings.TrimSpace(line[:max(at, 0)]) == "" { // one long word
			return folded.String() + line
		}
		folded.WriteString(strings.TrimRight(line[:at], " ") + "\n")
		line = indent + strings.TrimLeft(line[at:], " ")
	}
}

// show visits the stops, several at the same time, and prints each when it and those before
// it are done. It returns the exit code.
func (s *screen) show(stops []stop, visitStop func(s stop, built func()) visit) (code int) {
	done := make([]chan visit, len(stops))
	for i := range stops {
		done[i] = make(chan visit, 1)
	}
	go func() {
		for i, stop := range stops { // one after another is built, in this order
			built := make(chan struct{})
			go func() {
				done[i] <- visitStop(stop, func() { close(built) })
			}()
			<-built
		}
	}()
	missed, mended, blamed, skipped := 0, 0, 0, 0
	for i, stop := range stops {
		s.print(s.paint(bold, fmt.Sprintf("%d of %d  examples/%s: %s", i+1, len(stops), stop.pkg, stop.title)) + "\n" + stop.story + "\n\n")
		var v visit
		select {
		case v = <-done[i]:
		default:
			fmt.Fprint(os.Stderr, "building and running its tests …\n")
			v = <-done[i]
		}
		if v.skipped != "" {
			skipped++
			s.print("skipped: " + v.skipped + "\n\n")
			continue
		}
		s.print(v.report)
		if v.missed != nil {
			missed++
			s.print(s.paint(red, "NOT CAUGHT: "+v.missed.Error()) + "\n")
		}
		switch {
		case v.blamed != nil:
			blamed++
			s.print(v.mended + s.paint(red, "MENDED, BUT FAILS: "+v.blamed.Error()) + "\n")
		case v.passed:
			mended++
			s.print(s.paint(green, "mended: its tests pass, with the same check") + "\n")
		}
		s.print("\n")
	}
	s.print(fmt.Sprintf("%d of %d leaks caught", len(stops)-skipped-missed, len(stops)-skipped))
	if mended+blamed > 0 {
		s.print(fmt.Sprintf(", %d mended forms blamed", blamed))
	}
	if skipped > 0 {
		s.print(fmt.Sprintf(", %d examples skipped", skipped))
	}
	s.print(".\n")
	return min(missed+blamed, 1)
}
