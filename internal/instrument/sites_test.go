package instrument_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/instrument"
)

func writeSites(t *testing.T, dir, path, id string, sites []instrument.Site, left []instrument.Left) {
	t.Helper()
	if err := instrument.WriteSites(dir, instrument.TableName(path, id), sites, left); err != nil {
		t.Fatal(err)
	}
}

func TestReadSites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if sites, err := instrument.ReadSites(dir); err != nil || sites.Len() != 0 {
		t.Errorf("without a folder: %d sites, %v", sites.Len(), err)
	}
	load := instrument.Site{Number: 7, File: `C:\src\a.go`, Line: 3, Function: "(*Map).Load", Operation: "Load"}
	store := instrument.Site{Number: 9, File: "/src/b.go", Line: 4, Function: "(*Map).Store", Operation: "Store"}
	writeSites(t, dir, "example.com/m [example.com/m.test]", "one", []instrument.Site{load, store}, nil)
	writeSites(t, dir, "example.com/m", "two", []instrument.Site{load}, nil)
	sites, err := instrument.ReadSites(dir)
	if err != nil || sites.Len() != 2 {
		t.Fatalf("%d sites, %v", sites.Len(), err)
	}
	if file, line, function, operation := sites.Name(7); file != load.File || line != 3 || function != load.Function || operation != "Load" {
		t.Error(file, line, function, operation)
	}
	if file, _, _, _ := sites.Name(8); file != "" {
		t.Error("an unknown site is in", file)
	}
	other := store
	other.Number = load.Number
	writeSites(t, dir, "example.com/n", "three", []instrument.Site{other}, nil)
	if _, err := instrument.ReadSites(dir); err == nil || !strings.Contains(err.Error(), "site 7 is both") {
		t.Errorf("two sites with one number: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.sites"), []byte("nonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := instrument.ReadSites(dir); err == nil {
		t.Error("a table that is none has no error")
	}
}

func TestReadLeft(t *testing.T) {
	dir := t.TempDir()
	old := instrument.Left{Package: "example.com/m", File: "/src/a.go", Line: 2, What: "Load", Reason: "cgo"}
	new := instrument.Left{Package: "example.com/m", What: "the package", Reason: "the compiler said:\n\ttwo\tlines"}
	writeSites(t, dir, "example.com/m", "one", nil, []instrument.Left{old})
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, instrument.TableName("example.com/m", "one")+".left"), past, past); err != nil {
		t.Fatal(err)
	}
	writeSites(t, dir, "example.com/m", "two", nil, []instrument.Left{new})
	got, err := instrument.ReadLeft(dir)
	if err != nil {
		t.Fatal(err)
	}
	new.Reason = "the compiler said:  two lines"
	if diff := cmp.Diff([]instrument.Left{new}, got); diff != "" {
		t.Errorf("only what the last compilation left (-want +got):\n%s", diff)
	}
}
