package baseline

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEntryRoundTrip(t *testing.T) {
	for _, e := range []Entry{
		{"example.org/shop", "TestOpen", 2, "goroutine example.org/shop.(*DB).flush", ""},
		{"example.org/shop", "TestOpen/sub#01", 1, "fd file a.log", "SHOP-17"},
		{"example.org/shop", "-", Any, "heap example.org/shop.Remember *shop.Entry", "SHOP-17, SHOP-18"},
		{".", "a suite [It] leaks", 1, "pool my orders InUse", ""},
		{"", `"`, 1, `"quoted"`, ""},
		{"p", "TestA", 1, "fd file a #b", "c # d"},
		{"p", "TestA", 1, "#x", ""},
		{"p", "Test\x1b[31m\n", 1, "child process ffmpeg", ""},
	} {
		got, ok, err := parse(e.String())
		require.NoError(t, err, e.String())
		assert.True(t, ok)
		assert.Equal(t, e, got)
		assert.NotContains(t, e.String(), "\n")
	}
	got, ok, err := parse(" p \tTestA   1    fd   file # T ")
	assert.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, Entry{"p", "TestA", 1, "fd   file", "T"}, got)
}

func TestDamagedFile(t *testing.T) {
	for text, want := range map[string]string{
		"# fine\n\np TestA 1\n":                         "f:3: " + missing,
		"p TestA\n":                                     "f:1: " + missing,
		"p TestA 1 # T\n":                               "f:1: " + missing,
		"p TestA 0 fd file\n":                           `f:1: "0" is not a count: write 1 or more, or any`,
		"p TestA many fd file\n":                        `f:1: "many" is not a count: write 1 or more, or any`,
		"p TestA 99999999999999999999 fd file\n":        `f:1: "99999999999999999999" is not a count: write 1 or more, or any`,
		"p \"TestA 1 fd file\n":                         "f:1: a quotation mark has no second one",
		"p TestA 1 \"fd file\" T\n":                     `f:1: "T" is behind the leak: write # in front of it`,
		"p TestA 1 fd \xff\n":                           "f:1: it is not UTF-8",
		"p TestA 1 fd\n<<<<<<< ours\n":                  "f:2: a conflict of a merge is left: resolve it",
		"p TestA 1 fd file\n# x\np TestA 2 fd file #\n": "f:3: the leak of line 1 is here again: delete one of the lines",
	} {
		_, err := Parse("f", text)
		assert.EqualError(t, err, want, "%q", text)
	}
	_, err := Parse("f", "\ufeffp TestA 1 fd file\r\n\r\n# x")
	assert.NoError(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add("\x00\" \"ax~\" any \" \"\n\"<<<<<<<\" T 1 \"# a\"\n")
	f.Add("# x\n\np  TestA  1  fd file  # T\r\n\"\" \"a b\" any \"x\"")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f", text)
		if err != nil {
			assert.Regexp(t, `^f:\d+: `, err.Error())
			return
		}
		assert.Equal(t, text, file.String())
		for _, l := range file.lines {
			if l.entry == nil {
				continue
			}
			again, ok, err := parse(l.entry.String())
			assert.NoError(t, err, "%q", l.text)
			assert.True(t, ok)
			assert.Equal(t, *l.entry, again)
		}
	})
}

// Editing keeps everything else, byte by byte.
func TestEdit(t *testing.T) {
	const text = `# the file's

# b is old
b  TestA  1  fd file a  # T-1
b  TestC  3  fd   file c   # T-2

# d is new
d  TestA  1  fd file
`
	edited := func(edit func(*File)) string {
		f, err := Parse("f", text)
		require.NoError(t, err)
		edit(f)
		return f.String()
	}
	entry := func(line string) Entry {
		e, ok, err := parse(line)
		require.NoError(t, err)
		require.True(t, ok)
		return e
	}
	replaced := func(old, new string) string {
		require.Contains(t, text, old)
		return strings.Replace(text, old, new, 1)
	}
	assert.Equal(t, text, edited(func(*File) {}))
	for _, c := range []struct{ why, line, old, new string }{
		{"between two of the package", "b  TestB  1  x y", "b  TestC", "b  TestB  1  x y\nb  TestC"},
		{"the package's last", "b  TestD  1  x y", "# T-2\n", "# T-2\nb  TestD  1  x y\n"},
		{"the package's first", "d  -  1  x y", "d  TestA", "d  -  1  x y\nd  TestA"},
		{"a package between", "c  TestA  1  x y", "# T-2\n", "# T-2\n\nc  TestA  1  x y\n"},
		{"the first package", "a  TestA  1  x y", "# b is old", "a  TestA  1  x y\n\n# b is old"},
		{"the last package", "e  TestA  1  x y", "d  TestA  1  fd file\n", "d  TestA  1  fd file\n\ne  TestA  1  x y\n"},
	} {
		assert.Equal(t, replaced(c.old, c.new), edited(func(f *File) { f.add(entry(c.line)) }), c.why)
	}
	assert.Equal(t, replaced("b  TestC  3  fd   file c   # T-2", "b  TestC  2  fd   file c  # T-2"),
		edited(func(f *File) { f.recount(key{"b", "TestC", "fd   file c"}, 2) }))
	assert.Equal(t, replaced("b  TestA  1  fd file a  # T-1\n", ""), edited(func(f *File) { f.remove(key{"b", "TestA", "fd file a"}) }))
	assert.Equal(t, text, edited(func(f *File) { f.remove(key{"b", "TestA", "none"}) }))
	assert.Equal(t, "# the file's\n\n# b is old\n\n# d is new\n", edited(func(f *File) {
		for _, l := range []string{"b TestA 1 fd file a", "b TestC 3 fd   file c", "d TestA 1 fd file"} {
			f.remove(entry(l).key())
		}
	}))

	cut, err := Parse("f", "b TestA 1 x y")
	require.NoError(t, err)
	cut.add(entry("b TestB 1 x y"))
	assert.Equal(t, "b TestA 1 x y\nb  TestB  1  x y\n", cut.String(), "behind a line without an end")

	crlf, err := Parse("f", "b TestA 1 x y\r\n")
	require.NoError(t, err)
	crlf.add(entry("b TestB 1 x y"))
	assert.Equal(t, "b TestA 1 x y\r\nb  TestB  1  x y\r\n", crlf.String())
}
