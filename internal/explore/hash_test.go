package explore_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// hashes collects hashes of different values, all of which must differ.
type hashes map[uintptr]any

func hash[T comparable](t *testing.T, all hashes, v T) {
	t.Helper()
	got := rewritten.Hash(v)
	if again := rewritten.Hash(v); got != again || got[0] != got[1] || got[0] != got[2] {
		t.Errorf("%#v: %x, then %x", v, got, again)
	}
	if other, ok := all[got[0]]; ok {
		t.Errorf("%#v and %#v have the same hash", v, other)
	}
	all[got[0]] = v
}

// TestCollidingHashes holds that hashes have few values if the process is started so.
func TestCollidingHashes(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv(explore.HashVariable)); err == nil {
		values := make(map[uintptr]bool) // where a uintptr has 32 bits, values that are left differ in these, too
		for i := range 1000 {
			values[rewritten.Hash(i)[0]] = true
			values[rewritten.HashText(strconv.Itoa(i))[3]] = true
			values[uintptr(rewritten.HashWritten(strconv.Itoa(i), i)[0])] = true
			values[rewritten.HashBy(func(p unsafe.Pointer, seed uintptr) uintptr { return uintptr(*(*int)(p)) * seed }, &i)] = true
		}
		if len(values) != n {
			t.Errorf("%d values, want %d", len(values), n)
		}
		return
	}
	for _, n := range []string{"1", "4"} {
		c := exec.Command(os.Args[0], "-test.run=^TestCollidingHashes$")
		c.Env = append(os.Environ(), explore.HashVariable+"="+n)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

func TestHash(t *testing.T) {
	type pair struct {
		a int8
		_ int8
		b any
	}
	all := hashes{}
	for i := range 1000 {
		hash(t, all, 100+i)
	}
	hash(t, all, "a")
	hash(t, all, "abcdefgh")
	hash(t, all, "abcdefghi")
	hash(t, all, uint8(3))
	hash(t, all, 1.5)
	hash(t, all, complex(1, 2))
	hash(t, all, [2]string{"x", "y"})
	hash(t, all, [2]string{"xy", ""})
	hash(t, all, any("interface"))
	hash(t, all, pair{a: 1, b: "x"})
	hash(t, all, pair{a: 1, b: 2})
	hash(t, all, true)
	hash(t, all, &all)
	if rewritten.Hash(0.0) != rewritten.Hash(math.Copysign(0, -1)) {
		t.Error("0 and -0 have different hashes")
	}
	if text := rewritten.HashText("some text"); text[0] != text[1] || text[0] != text[2] || text[0] != text[3] || text[0] != rewritten.Hash("some text")[0] {
		t.Errorf("%x", text)
	}
	text := strings.Repeat("some text", 50)
	written := rewritten.HashWritten(text, 5)
	if written[0] != written[1] || written[0] != written[2] || written[0] == written[3] || written[0] == written[4] {
		t.Errorf("%x", written)
	}
	if other := rewritten.HashWritten(text+".", 6); other[0] == written[0] || other[3] == written[3] || other[4] == written[4] {
		t.Errorf("%x and %x", written, other)
	}
	// The same in every process and on every machine: tokens depend on it.
	if got, want := rewritten.Hash("key")[0], uint64(0xd2fb52b399ee8fec); got != uintptr(want) {
		t.Errorf("the hash of key is %#x, want %#x", got, want)
	}
	drawn := uint64(14180207640020093695) // and cut to the bits of a uint
	if want := fmt.Sprintf("754 431 77 [2 0 1 3] [1 3 2] 2321035210 1 10682531704454680323 %d {7685909621375755839} 0.8616979940948118", uint(drawn)); rewritten.AtInit != want {
		t.Errorf("drawn at the beginning: %q, want %q", rewritten.AtInit, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a slice was hashed")
		}
	}()
	rewritten.Hash(any([]int{1}))
}
