package instrument_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
)

// TestFlags pins how the go command is told: words with spaces or quotes are quoted in the one flag that has several words.
func TestFlags(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a tool")
	if err := os.WriteFile(path, []byte("tool"), 0o777); err != nil {
		t.Fatal(err)
	}
	sites := filepath.Join(dir, "it's")
	tool, err := instrument.New(path, sites)
	if err != nil {
		t.Fatal(err)
	}
	flags := tool.Flags("a/...", "b")
	if len(flags) != 3 || flags[0] != "-toolexec='"+path+`' "-sites=`+sites+`"` {
		t.Errorf("%q", flags)
	}
	a, b := flags[1][len("-gcflags=a/...="):], flags[2][len("-gcflags=b="):]
	if a != b || len(a) != len(instrument.Mark)+32 {
		t.Errorf("marks %q and %q", a, b)
	}
	if err := os.WriteFile(path, []byte("another tool"), 0o777); err != nil {
		t.Fatal(err)
	}
	other, err := instrument.New(path, sites)
	if err != nil || slices.Equal(other.Flags("b"), tool.Flags("b")) {
		t.Errorf("another tool has the mark of the first: %v", err)
	}
	if _, err := instrument.New(filepath.Join(dir, "none"), sites); err == nil {
		t.Error("a tool that does not exist has no error")
	}
}
