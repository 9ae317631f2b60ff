package heapprobe

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/heapobject"
)

// watchable says why the garbage collector's fate of the object that p points at,
// of type t, can't be told by a weak pointer.
func watchable(p unsafe.Pointer, t reflect.Type) error {
	switch {
	case p == nil:
		return errors.New("the pointer is nil")
	case t.Size() == 0:
		return fmt.Errorf("a %v takes no memory: all of them are at one address, which is never freed", t)
	case t.Size() < 16 && !alloctype.HasPointers(t):
		return fmt.Errorf("a %v is small and has no pointers: it shares a block of 16 bytes with others, which is freed with the last of them; watch what holds it", t)
	}
	base, known := heapobject.Base(p)
	switch {
	case !known:
		return nil
	case base == 0:
		return errors.New("it is not in the heap: a package's variable is never freed")
	case base != uintptr(p):
		return fmt.Errorf("it is %d bytes inside of a larger object, a field or an element, and is freed with that: watch the whole", uintptr(p)-base)
	}
	return nil
}
