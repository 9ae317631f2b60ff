package baseline

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a child process, TestWriter adds its lines one by one.
func TestWriter(t *testing.T) {
	path, name, _ := strings.Cut(os.Getenv("BASELINE_WRITER"), "|")
	if path == "" {
		t.Skip("TestWritersAtTheSameTime runs it")
	}
	for i := range 50 {
		require.NoError(t, update(path, "f", func(f *File) { f.add(Entry{name, fmt.Sprintf("Test%02d", i), 1, "fd file", ""}) }))
	}
}

// Processes that write one file at the same time lose no line of each other, and none reads half a file.
func TestWritersAtTheSameTime(t *testing.T) {
	if runtime.GOOS == "aix" || runtime.GOOS == "plan9" || runtime.GOOS == "solaris" {
		t.Skip("there is no lock")
	}
	path := filepath.Join(t.TempDir(), "testdata", "leaks.txt")
	var writers []*exec.Cmd
	for _, name := range []string{"a", "b", "c", "d"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWriter$")
		cmd.Env = append(os.Environ(), "BASELINE_WRITER="+path+"|"+name)
		require.NoError(t, cmd.Start())
		writers = append(writers, cmd)
	}
	ended := make(chan error, len(writers))
	for _, w := range writers {
		go func() { ended <- w.Wait() }()
	}
	for n := 0; n < len(writers); {
		select {
		case err := <-ended:
			assert.NoError(t, err)
			n++
		default:
			text, err := os.ReadFile(path)
			if err == nil {
				_, err = Parse("f", string(text))
				assert.NoError(t, err)
				assert.True(t, strings.HasPrefix(string(text), header), "%q", text)
			} else {
				assert.ErrorIs(t, err, os.ErrNotExist)
			}
		}
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 200, strings.Count(string(text), "  1  fd file\n"))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no file of a lock, and no temporary one")
}

func TestWriteKeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real.txt"), filepath.Join(dir, "link.txt")
	require.NoError(t, os.WriteFile(file, []byte("# mine"), 0o640))
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	require.NoError(t, update(link, "f", func(f *File) { f.add(Entry{"p", "TestA", 1, "fd file", ""}) }))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "# mine\n\np  TestA  1  fd file\n", string(text))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)
	info, err = os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
}

func TestWriteNothingToChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.txt")
	require.NoError(t, os.WriteFile(file, []byte("# mine"), 0o600))
	before, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, update(file, "f", func(*File) {}))
	after, err := os.Stat(file)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "it is not written")

	require.NoError(t, os.WriteFile(file, []byte("p TestA\n"), 0o600))
	assert.EqualError(t, update(file, "f", func(f *File) { f.add(Entry{"p", "TestA", 1, "fd file", ""}) }), "f:1: "+missing)
	text, _ := os.ReadFile(file)
	assert.Equal(t, "p TestA\n", string(text), "a damaged file stays")
}

// Git merges the changes of two branches to different packages of one file.
func TestGitMerges(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
	}
	file := filepath.Join(dir, "leaks.txt")
	edit := func(edit func(*File)) { require.NoError(t, update(file, "leaks.txt", edit)) }
	entry := func(pkg, test string) Entry { return Entry{pkg, test, 2, "fd file", ""} }

	git("init")
	edit(func(f *File) {
		for _, pkg := range []string{"shop/a", "shop/b", "shop/c"} {
			f.add(entry(pkg, "TestK"))
		}
	})
	git("add", ".")
	git("commit", "-m", "base")
	git("checkout", "-b", "one")
	edit(func(f *File) {
		f.add(entry("shop/a", "TestZ")) // the last one of a
		f.recount(entry("shop/c", "TestK").key(), 1)
	})
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "d", "testdata"), 0o755))
	require.NoError(t, update(filepath.Join(dir, "d", "testdata", "leaks.txt"), "f", func(f *File) { f.add(entry("shop/d", "TestD")) }))
	git("add", ".")
	git("commit", "-m", "one")
	git("checkout", "main")
	git("checkout", "-b", "two")
	edit(func(f *File) {
		f.remove(entry("shop/b", "TestK").key())
		f.add(entry("shop/b", "TestA")) // the first one of b
	})
	require.NoError(t, update(filepath.Join(dir, "e", "testdata", "leaks.txt"), "f", func(f *File) { f.add(entry("shop/e", "TestE")) }))
	git("add", ".")
	git("commit", "-m", "two")
	git("merge", "one", "-m", "both")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, header+`
shop/a  TestK  2  fd file
shop/a  TestZ  2  fd file

shop/b  TestA  2  fd file

shop/c  TestK  1  fd file
`, string(text))
	assert.FileExists(t, filepath.Join(dir, "d", "testdata", "leaks.txt"))
	assert.FileExists(t, filepath.Join(dir, "e", "testdata", "leaks.txt"))
}
