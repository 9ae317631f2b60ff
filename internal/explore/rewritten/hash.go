package rewritten

import (
	"encoding/binary"
	"hash/maphash"
	"reflect"
	"unsafe"
)

// Hash hashes v in the ways of package maphash and of the runtime.
func Hash[T comparable](v T) [3]uintptr {
	seed := *(*maphash.Seed)(unsafe.Pointer(&[]uint64{7}[0]))
	var i any = v
	// A reflect.Type holds the descriptor that the runtime has of the type.
	t := reflect.TypeFor[T]()
	descriptor := (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1]
	return [3]uintptr{uintptr(leakassert_Comparable(seed, v, 8001)), leakassert_Nilinterhash(unsafe.Pointer(&i), 7, 8002),
		leakassert_Typehash(uintptr(descriptor), unsafe.Pointer(&v), 7, 8003)}
}

// HashText hashes a text as a string, as bytes and as memory.
func HashText(s string) [4]uintptr {
	seed := *(*maphash.Seed)(unsafe.Pointer(&[]uint64{7}[0]))
	return [4]uintptr{uintptr(leakassert_HashString(seed, s, 8004)), uintptr(leakassert_HashBytes(seed, []byte(s), 8005)),
		leakassert_Strhash(unsafe.Pointer(&s), 7, 8006), leakassert_Memhash(unsafe.Pointer(unsafe.StringData(s)), 7, uintptr(len(s)), 8007)}
}

// HashWritten hashes what is written to a maphash.Hash, in one piece and in pieces, and a value that is written.
func HashWritten[T comparable](text string, v T) (sums [5]uint64) {
	seed := *(*maphash.Seed)(unsafe.Pointer(&[]uint64{7}[0]))
	var h maphash.Hash
	h.SetSeed(seed)
	sum := func() uint64 {
		sum := leakassert_HashSum64(&h, 8010)
		if binary.LittleEndian.Uint64(leakassert_HashSum(&h, nil, 8011)) != sum {
			panic("Sum is not Sum64")
		}
		leakassert_HashReset(&h, 8012)
		return sum
	}
	leakassert_HashWriteString(&h, text, 8013)
	sums[0] = sum()
	leakassert_HashWrite(&h, []byte(text), 8014)
	sums[1] = sum()
	for i := range len(text) {
		leakassert_HashWriteByte(&h, text[i], 8015)
	}
	sums[2] = sum()
	leakassert_WriteComparable(&h, v, 8016)
	sums[3] = sum()
	var other maphash.Hash // draws a seed
	leakassert_HashWriteString(&other, text, 8017)
	sums[4] = leakassert_HashSum64(&other, 8018)
	h.SetSeed(leakassert_HashSeed(&other, 8019))
	leakassert_HashWriteString(&h, text, 8020)
	if sum() != sums[4] {
		panic("the seed makes another hash")
	}
	return sums
}

// HashBy hashes with a hash function of the runtime's type.
func HashBy(hash func(unsafe.Pointer, uintptr) uintptr, v *int) uintptr {
	return leakassert_Hashed(hash(unsafe.Pointer(v), 1), 8021)
}
