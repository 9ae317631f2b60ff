package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/page"
	"github.com/leakassert/leakassert/internal/profiles"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// The files of a report folder. The page and the profiles are made from the lines, which are all that
// the processes of a run share.
const (
	linesFile      = "leaks.json"
	pageFile       = "leaks.html"
	heapFile       = "heap.pb.gz"
	goroutinesFile = "goroutines.pb.gz"
	// lockFile is locked by the process that makes the page. It holds the length of the lines that the
	// page and the profiles show.
	lockFile = ".leaks.lock"
)

// pending has the report folders whose page does not show all lines yet, and when to make it anew.
var pending = struct {
	sync.Mutex
	next map[string]time.Time
	due  map[string]bool
}{next: make(map[string]time.Time), due: make(map[string]bool)}

// addToFolder adds findings to a report folder, which it makes. If more may follow and Flush will be
// called, the page is made now and then only: the time that it takes rises with the number of lines.
func addToFolder(dir string, found []finding.Finding, more bool) {
	wrong := func(err error, what string) bool {
		if err != nil {
			complain("LEAKTEST=report=%s: %s: %v", dir, what, reason(err))
		}
		return err != nil
	}
	if wrong(os.MkdirAll(dir, 0o755), "the folder can't be made, so that the findings are not written") ||
		wrong(writeLines(filepath.Join(dir, linesFile), found), linesFile+": the findings are not written") {
		return
	}
	pending.Lock()
	defer pending.Unlock()
	if more && time.Now().Before(pending.next[dir]) {
		pending.due[dir] = true
		return
	}
	makePage(dir)
}

// makePage makes the page and the profiles of a report folder. The caller has locked pending.
func makePage(dir string) {
	const pause = 20 // times as long as it took
	delete(pending.due, dir)
	start := time.Now()
	if err := once(dir); err != nil {
		complain("LEAKTEST=report=%s: the page and the profiles do not show all findings: %v; leakreport makes them of %s", dir, err, linesFile)
	}
	pending.next[dir] = time.Now().Add(pause * time.Since(start))
}

// Flush makes the pages that do not show all findings of this process yet.
func Flush() {
	pending.Lock()
	defer pending.Unlock()
	for dir := range pending.due {
		makePage(dir)
	}
}

// once makes the page and the profiles of a report folder, unless another process has made them since
// the last line was added. Of several processes one makes them at a time, so that the last one shows
// all lines.
func once(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE|nonblocking, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if lock(f) {
		defer unlock(f)
	}
	lines, err := os.Stat(filepath.Join(dir, linesFile))
	if err != nil {
		return err
	}
	if length(f) == lines.Size() && made(dir, lines.ModTime()) {
		return nil
	}
	shown, err := produce(dir)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strconv.FormatInt(shown, 10)), 0)
	return err
}

// length returns the length of the lines that the page shows, 0 if it is not known.
func length(lock *os.File) int64 {
	var text [20]byte
	n, _ := lock.ReadAt(text[:], 0)
	shown, _ := strconv.ParseInt(string(text[:n]), 10, 64)
	return shown
}

// made reports whether a folder has the page and the profiles, and none is older than the lines.
func made(dir string, lines time.Time) bool {
	for _, name := range []string{pageFile, heapFile, goroutinesFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.ModTime().Before(lines) {
			return false
		}
	}
	return true
}

// mostLines is how much of the lines is read to make the page, in bytes.
const mostLines = 256 << 20

// produce makes the page and the profiles of the lines in a folder. It returns the length of the lines
// that they show. Each file is replaced as a whole, so that nobody reads half of one.
func produce(dir string) (shown int64, err error) {
	name := filepath.Join(dir, linesFile)
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	in := page.Input{Root: names.ModuleRoot()}
	in.Read(linesFile, io.LimitReader(f, min(info.Size(), mostLines)))
	if info.Size() > mostLines {
		in.Wrong = append(in.Wrong, fmt.Sprintf("%s: only its first %d MiB are shown", linesFile, mostLines>>20))
	}
	var html bytes.Buffer
	if err := page.Write(&html, in); err != nil {
		return 0, err
	}
	p, err := profiles.Of(in.Found)
	return info.Size(), errors.Join(err,
		replace(dir, pageFile, html.Bytes()), replace(dir, heapFile, p.Heap), replace(dir, goroutinesFile, p.Goroutines))
}

// replace writes a file beside its name and renames it.
func replace(dir, name string, text []byte) error {
	f, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	for _, next := range []func() error{
		func() error { return f.Chmod(0o644) },
		f.Close,
		func() error { return os.Rename(f.Name(), filepath.Join(dir, name)) },
	} {
		if err == nil {
			err = next()
		}
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	return nil
}
