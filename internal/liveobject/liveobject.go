// Package liveobject finds the live objects of this process that were allocated on given stacks,
// with their contents. While every allocation is recorded, the runtime attaches its stack to each
// object for the memory profile. The package reads these records in place. It stops nothing and
// writes nothing.
package liveobject

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// An Object is a live object: the result of Site for its stack, its address, and its contents as
// words.
type Object[S any] struct {
	Site    S
	Address uintptr
	Words   []uintptr
}

// A Search finds objects by their stacks. It remembers the results of Site.
type Search[S any] struct {
	// Site describes a stack of the memory profile that allocates objects of size bytes. ok
	// reports whether the search wants them.
	Site func(stack []uintptr, size int64) (site S, ok bool)
	// Least and Most bound the size of wanted objects in bytes. Most is 0 if any size is wanted.
	Least, Most uintptr

	mu    sync.Mutex
	sites map[uintptr]*S // by bucket; nil if not wanted
	found []place[S]     // reused
}

// Objects returns the live objects, or an error if they can't be found.
func (s *Search[S]) Objects() (found []Object[S], err error) {
	err = s.search(func(all []place[S]) {
		found = make([]Object[S], len(all))
		for i, p := range all {
			found[i] = Object[S]{*p.site, p.address, words(p.address, p.size)}
		}
	})
	return found, err
}

// Addresses appends the addresses of the live objects, which takes a fraction of what Objects takes.
func (s *Search[S]) Addresses(addresses []uintptr) ([]uintptr, error) {
	before := len(addresses)
	err := s.search(func(all []place[S]) {
		addresses = addresses[:before]
		for _, p := range all {
			addresses = append(addresses, p.address)
		}
	})
	return addresses, err
}

// A place is where an object is.
type place[S any] struct {
	site          *S
	address, size uintptr
}

// search calls use with the places of the live objects. use may read them; if it reads what is no
// longer there, search begins anew.
func (s *Search[S]) search(use func([]place[S])) error {
	l, err := measured()
	if err != nil {
		return fmt.Errorf("the runtime's records of live objects are not found: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites == nil {
		s.sites = make(map[uintptr]*S)
	}
	for range 3 { // the runtime may move its slice of spans
		ok := guarded(func() {
			s.found = s.found[:0]
			array, length := word(l.spans), word(l.spans+wordSize)
			for i := range length {
				if span := word(array + i*wordSize); span != 0 && word(span+l.attached) != 0 {
					s.within(l, span)
				}
			}
			use(s.found)
		})
		if ok {
			return nil
		}
	}
	return errors.New("the runtime's records of live objects change too fast")
}

// within appends the places of the objects of a span to s.found. The collector may move records to the
// list of another span meanwhile, so within reads until two readings agree.
func (s *Search[S]) within(l layout, span uintptr) {
	const most = 10
	before, first := uintptr(0), len(s.found)
	for range most {
		sum := uintptr(0)
		s.found = s.found[:first]
		for record := range records(word(span + l.attached)) {
			if byte(word(record+recordKind)) != l.profiled {
				continue
			}
			offset, bucket := word(record+recordOffset), word(record+recordBucket)
			sum = sum*31 + record ^ offset ^ bucket
			size := word(bucket + bucketSize)
			if s.Most > 0 && (size > 2*s.Most || 2*size < s.Least) {
				return // no object of a span is twice as large as another one
			}
			site, known := s.sites[bucket]
			if !known {
				if described, ok := s.Site(stack(bucket), int64(size)); ok {
					site = &described
				}
				s.sites[bucket] = site
			}
			if site != nil {
				s.found = append(s.found, place[S]{site, word(span+l.start) + offset, size})
			}
		}
		if sum == before {
			break
		}
		before = sum
	}
}

func words(address, size uintptr) []uintptr {
	all := make([]uintptr, size/wordSize)
	for i := range all {
		all[i] = word(address + uintptr(i)*wordSize)
	}
	return all
}

// String returns a string field of an object of type t.
func (o Object[S]) String(t reflect.Type, field string) (text string) {
	const longest = 1 << 12
	f, ok := t.FieldByName(field)
	if at := f.Offset / wordSize; ok && f.Type.Kind() == reflect.String && at+1 < uintptr(len(o.Words)) && o.Words[at+1] <= longest {
		guarded(func() { text = string(bytes(o.Words[at], o.Words[at+1])) })
	}
	return text
}

// Read returns as many words as a t has, from an address that is in an object. It returns nil if
// they can't be read.
func Read(address uintptr, t reflect.Type) (all []uintptr) {
	guarded(func() { all = words(address, t.Size()) })
	return all
}

// bytes returns memory from an address on. It reads every word that this memory touches.
func bytes(address, length uintptr) []byte {
	all := make([]byte, length)
	for i := range all {
		at := address + uintptr(i)
		all[i] = byte(word(at&^(wordSize-1)) >> (8 * (at % wordSize)))
	}
	return all
}
