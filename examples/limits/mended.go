package limits

import "io/fs"

// Reader is the reader mended: it closes the file on every path, and what it keeps
// is bounded.
type Reader struct {
	fsys    fs.FS
	reading map[string]fs.File

	texts map[string][]byte
	names []string // of texts, the oldest first
	size  int      // of texts
	most  int
}

// New returns a reader that keeps at most so many bytes of texts.
func New(fsys fs.FS, bytes int) *Reader {
	return &Reader{fsys: fsys, reading: make(map[string]fs.File), texts: make(map[string][]byte), most: bytes}
}

// Read returns the text of an upload.
func (r *Reader) Read(name string) ([]byte, error) {
	if text, ok := r.texts[name]; ok {
		return text, nil
	}
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	r.reading[name] = f
	defer delete(r.reading, name)
	text, err := parse(f)
	if err != nil {
		return nil, err
	}
	r.keep(name, text)
	return text, nil
}

// keep keeps the text, and gives up the oldest ones that it takes the room of.
func (r *Reader) keep(name string, text []byte) {
	if len(text) > r.most {
		return
	}
	r.texts[name] = text
	r.names = append(r.names, name)
	r.size += len(text)
	for r.size > r.most {
		oldest := r.names[0]
		r.size -= len(r.texts[oldest])
		delete(r.texts, oldest)
		r.names[0] = "" // the array must not hold it
		r.names = r.names[1:]
	}
}
