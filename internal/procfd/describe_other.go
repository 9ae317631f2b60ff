//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package procfd

import "errors"

func (d *FD) describe() {
	d.Kind = KindUnknown
	d.missing("description", errors.New(limits))
}
