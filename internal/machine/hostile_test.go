package machine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// attributes keeps the attributes of a test.
type attributes map[string]string

func (a attributes) Attr(key, value string) { a[key] = value }

// Whatever names there are, a finding stays one command, one row and one line, of some length.
func TestHostileNames(t *testing.T) {
	for why, name := range map[string]string{
		"escapes":   "\x1b[2J\x1b]0;title\x07red",
		"newlines":  "a\nb\r\n::error::x\n| a | b |\n\n# x",
		"invalid":   "\xff\xfe\xc3",
		"invisible": "a\u202eb\u2066c\u200bd\u0085e\ufeff\u2028f",
		"markup":    "<script>alert(1)</script>|`**[a](b)@owner #1",
		"separates": "%0A%3A::a,b=c",
		"long":      strings.Repeat("long ", 1<<15),
		"longbytes": strings.Repeat("\xff", 1<<17),
	} {
		t.Run(why, func(t *testing.T) {
			summary := github(t)
			file := filepath.Join(t.TempDir(), "leaks.json")
			at := probe.Frame{Func: name, File: filepath.ToSlash(filepath.Join(names.ModuleRoot(), "x")) + name, Line: 7}
			l := probe.Leak{
				Kind: name, Unit: name, ID: name, Names: []string{name}, Columns: []string{name, name}, Tests: []string{name}, CreatedBy: at, Frames: []probe.Frame{at},
				Evidence: []probe.Evidence{{Label: name, Columns: []string{name}}, {Label: "held by", Columns: []string{name}}}, Changes: []probe.Change{{Name: name, Before: name, After: name}},
			}
			r := report.Report{Subject: name, Program: name, Leaks: []probe.Leak{l}, Notes: []string{name}}
			var out bytes.Buffer
			attrs := attributes{}
			machine.Publish(machine.Exit{JSON: file, T: attrs, Test: name, Place: at, Output: &out}, r, r.Text())

			commands := annotations(out.String())
			require.Len(t, commands, 1)
			assert.Contains(t, commands[0].properties["title"], " leak: ")
			if len(at.File) < 4096 {
				assert.Equal(t, "7", commands[0].properties["line"])
			}
			text, err := os.ReadFile(summary)
			require.NoError(t, err)
			rows := strings.Split(strings.TrimSpace(string(text)), "\n")
			assert.Len(t, rows, 5, "a heading, the head of the table and a row")
			assert.NotContains(t, string(text), "<script")
			for key, value := range attrs {
				assert.Regexp(t, `^leak\.\w+$`, key)
				assert.NotContains(t, value, "\n")
			}
			for what, text := range map[string]string{"annotation": out.String(), "summary": string(text), "attributes": strings.Join(values(attrs), "\n")} {
				assert.Less(t, len(text), 200<<10, what)
				assert.True(t, utf8.ValidString(text), what)
				assert.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }), what)
			}
			found, err := read(t, file)
			require.NoError(t, err)
			require.Len(t, found, 1)
			assert.True(t, string([]rune(name)) == found[0].Kind, "JSON has it whole, with U+FFFD for each byte that is not UTF-8")
		})
	}
}

func values(a attributes) (all []string) {
	for _, v := range a {
		all = append(all, v)
	}
	return all
}
