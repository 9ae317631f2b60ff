package fdassert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A file is found and named whatever its name is, and its name does nothing to the report.
func TestHostileFileNames(t *testing.T) {
	part := strings.Repeat("é", 125)
	for _, c := range []struct {
		why  string
		name func(dir string) string
		says string
	}{
		{"lines", func(string) string { return "a\nb\r\nok  \tx\t0.1s\n--- PASS: T" }, `/a\\nb\\r\\nok  \\tx\\t0\.1s\\n--- PASS: T"  O_RDWR\n`},
		{"escapes", func(string) string { return "\x1b[2J\x1b]0;x\x07\x00"[:10] }, `/\\x1b\[2J\\x1b\]0;x\\a"  O_RDWR\n`},
		{"invalid", func(string) string { return "\xff\xfea\xc3" }, `/\\xff\\xfea\\xc3"  O_RDWR\n`},
		{"invisible", func(string) string { return "a\u202eb\ufeffc" }, `/a\\u202eb\\ufeffc"  O_RDWR\n`},
		{"deleted", func(string) string { return "x (deleted)" }, `/x \(deleted\)  O_RDWR\n`},
		{"almost 4096 bytes", func(dir string) string { return long(dir, part, 4090) }, `fd +\+1  \d+ /.*/é+…\(\d+ bytes\)….*é  O_RDWR\n`},
		{"more than 4096 bytes", func(dir string) string { return long(dir, part, 6000) }, `fd +\+1  \d+ file  O_RDWR\n +not read    path: file name too long\n`},
	} {
		t.Run(c.why, func(t *testing.T) {
			dir := t.TempDir()
			name := c.name(dir)
			f := faketb.New("T")
			assert.False(t, fdassert.NoLeak(f, func() { createAt(t, dir, name) }, soon))
			text := f.Errors()
			assert.Contains(t, text, "T leaked (settled for ")
			assert.Regexp(t, c.says, text)
			assert.True(t, utf8.ValidString(text))
			assert.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }), "%q", text)
			assert.Less(t, len(text), 4<<10)
		})
	}
}

// long returns a name below dir that has so many bytes with it, in folders of the name part.
func long(dir, part string, size int) string {
	name := part
	for len(dir)+1+len(name)+1+len(part) <= size {
		name = filepath.Join(name, part)
	}
	return name
}

// createAt creates a file in folders that it makes one by one: the system takes no whole name of 4096 bytes.
func createAt(t *testing.T, dir, name string) {
	parent, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	parts := strings.Split(name, "/")
	for _, part := range parts[:len(parts)-1] {
		require.NoError(t, unix.Mkdirat(parent, part, 0o700))
		next, err := unix.Openat(parent, part, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		require.NoError(t, err)
		require.NoError(t, unix.Close(parent))
		parent = next
	}
	fd, err := unix.Openat(parent, parts[len(parts)-1], unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	require.NoError(t, err)
	require.NoError(t, unix.Close(parent))
	file := os.NewFile(uintptr(fd), "x")
	t.Cleanup(func() { file.Close() })
}
