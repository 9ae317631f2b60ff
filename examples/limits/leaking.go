package limits

import "io/fs"

// Leaking keeps the file of an upload that can't be parsed, and the text of every
// one that can. Either takes longer than any test to show, and ends the process when
// it meets a limit.
type Leaking struct {
	fsys    fs.FS
	reading map[string]fs.File // what is being read, for a page that shows it
	texts   map[string][]byte  // what was read
}

// NewLeaking returns a reader.
func NewLeaking(fsys fs.FS) *Leaking {
	return &Leaking{fsys, make(map[string]fs.File), make(map[string][]byte)}
}

// Read returns the text of an upload.
func (r *Leaking) Read(name string) ([]byte, error) {
	if text, ok := r.texts[name]; ok {
		return text, nil
	}
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	r.reading[name] = f
	text, err := parse(f)
	if err != nil {
		return nil, err // and f stays open
	}
	delete(r.reading, name)
	r.texts[name] = text // and nothing deletes it
	return text, f.Close()
}
