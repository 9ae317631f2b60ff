package retain

import (
	"reflect"
	"strings"

	"github.com/leakassert/leakassert/internal/gotype"
)

// isTrie reports whether a type is the inside of sync.Map: a HashTrieMap from any to any.
func isTrie(t *gotype.Type) bool {
	return t.Pkg() == "internal/sync" && (t.Name() == "sync.HashTrieMap[interface {},interface {}]" || t.Name() == "sync.HashTrieMap[any,any]")
}

// trieNode tells the references of a node. Its first byte says whether it is an entry: of an
// overflow, a key and a value; all others are of nodes.
func (s *speller) trieNode(in shape, m memory, slot uint64) step {
	word := uint64(s.g.dump.PtrSize)
	key, val := m.at+2*word, m.at+4*word
	if first := m.slice(m.at, 1); first == nil || first[0] != 1 || slot < key {
		return step{inner: true, to: shape{form: trie}}
	}
	empty := gotype.Of(reflect.TypeFor[any]())
	if slot < val {
		st := s.within(empty, key, m, slot)
		st.text = "[key]" + st.text
		return st.ofElement()
	}
	st := s.within(empty, val, m, slot)
	st.text = "[" + s.anyKey(m, key) + "]" + st.text
	return st.ofElement()
}

// anyKey returns how the interface at an address is written as a key.
func (s *speller) anyKey(m memory, at uint64) string {
	t := s.dynamic(gotype.Of(reflect.TypeFor[any]()), at, m)
	p, ok := m.word(s, at+uint64(s.g.dump.PtrSize))
	if t == nil || !ok || isPointer(t) {
		return "…"
	}
	return s.literal(t, s.at(p), p)
}

// mapHeader tells the references of a map's header, or of one of its tables.
func (s *speller) mapHeader(in shape, m memory, slot uint64) step {
	word := uint64(s.g.dump.PtrSize)
	to := shape{typ: in.typ}
	to.at, _ = m.word(s, slot)
	to.form = directory
	// A table refers to groups. So does the header of a small map, which has no directory.
	if n, ok := m.word(s, slot+word); in.at == 0 || ok && n == 0 {
		to.form = groups
		to.typ, _ = in.typ.MapGroup()
	}
	return step{inner: true, to: to}
}

// mapGroup tells the references of the slots of a map, which lie in groups.
func (s *speller) mapGroup(in shape, m memory, slot uint64) step {
	group := in.typ
	if group == nil || group.Size() == 0 || slot < in.at {
		return step{text: "[…]"}
	}
	base := in.at + (slot-in.at)/uint64(group.Size())*uint64(group.Size())
	f, ok := group.FieldAt(int64(slot - base))
	if !ok || f.Type.Kind() != reflect.Array || f.Type.Elem().Size() == 0 {
		return step{text: "[…]"}
	}
	size := uint64(f.Type.Elem().Size())
	i := (slot - base - uint64(f.Offset)) / size
	part := gotype.Field{Name: strings.TrimSuffix(f.Name, "s"), Type: f.Type.Elem()} // arrays of keys and of elements
	at := base + uint64(f.Offset) + i*size
	var key gotype.Field   // with the offset from the beginning of the memory
	if f.Name == "slots" { // an array of both
		pair := f.Type.Elem()
		if part, ok = pair.FieldAt(int64(slot - at)); !ok {
			return step{text: "[…]"}
		}
		if k := pair.Fields()[0]; k.Name == "key" {
			key = gotype.Field{Offset: int64(at), Type: k.Type}
		}
		at += uint64(part.Offset)
	} else if fields := group.Fields(); len(fields) > 1 {
		key = gotype.Field{Offset: int64(base+uint64(fields[1].Offset)) + int64(i)*fields[1].Type.Elem().Size(), Type: fields[1].Type.Elem()}
	}
	if part.Name == "key" {
		st := s.within(part.Type, at, m, slot)
		st.text = "[key]" + st.text
		return st.ofElement()
	}
	name := "…"
	if key.Type != nil {
		name = s.literal(key.Type, m, uint64(key.Offset))
	}
	st := s.within(part.Type, at, m, slot)
	st.text = "[" + name + "]" + st.text
	return st.ofElement()
}
