package baseline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// update edits a file. Another process that edits it waits meanwhile, and one that reads it sees it as
// it was before or after. If there is no file, edit gets a new one.
func update(path, shown string, edit func(*File)) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := lock(path)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(path)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case absent:
		old = []byte(header)
	case err != nil:
		return err
	}
	f, err := Parse(shown, string(old))
	if err != nil {
		return err
	}
	edit(f)
	text := f.String()
	if text == string(old) && !absent {
		return nil
	}
	return replace(path, text)
}

// replace writes a new file and renames it.
func replace(path, text string) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // if it is still there
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
