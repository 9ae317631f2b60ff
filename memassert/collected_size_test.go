package memassert_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// The runtime puts a header in front of larger objects with pointers.
func TestCollectedOfAnySize(t *testing.T) {
	var kept []any
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		watchNew[[63]*task](f, &kept)
		watchNew[[64]*task](f, &kept)
		watchNew[[65]*task](f, &kept)
		watchNew[[4095]*task](f, &kept)
		watchNew[[4096]*task](f, &kept)
		watchNew[struct {
			name string
			data [1000]byte
		}](f, &kept)
		watchNew[[1000]byte](f, &kept)
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 7 objects")
	assert.Equal(t, 7, strings.Count(f.Errors(), "1 of 2 "), f.Errors())
	runtime.KeepAlive(kept)

	f, _ = faketb.Run("T", func(f *faketb.TB) { memassert.Collected(f, &new([2][65]*task)[1]) })
	assert.Contains(t, f.Errors(), "bytes inside of a larger object")
}

// watchNew watches two objects of a type, of which one is kept.
func watchNew[T any](f *faketb.TB, kept *[]any) {
	for i := range 2 {
		p := new(T)
		memassert.Collected(f, p, soon)
		if i == 0 {
			*kept = append(*kept, p)
		}
	}
}
