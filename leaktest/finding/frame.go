package finding

import "strconv"

// Site returns "file:line". It returns "" if f is nil or its file is not known.
func (f *Frame) Site() string {
	if f == nil || f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}
