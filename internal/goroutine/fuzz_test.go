package goroutine_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// FuzzParse holds the quick answers of a Record against the full parse.
func FuzzParse(f *testing.F) {
	for _, dump := range dumps(f) {
		// In pieces: whole dumps are too long to be varied well.
		var last []byte
		for r := range goroutine.Records([]byte(dump)) {
			if len(r.Text()) < 1000 {
				f.Add(r.Text())
				f.Add(slices.Concat(last, []byte("\n"), r.Text()))
				last = r.Text()
			}
		}
	}
	f.Fuzz(func(t *testing.T, dump []byte) {
		before := string(dump)
		all, _ := goroutine.Parse(dump)
		i := 0
		for r := range goroutine.Records(dump) {
			_ = r.Creator()
			g, err := r.Parse()
			if err != nil {
				continue
			}
			require.Less(t, i, len(all))
			require.Empty(t, cmp.Diff(all[i], g))
			i++
			require.Equal(t, g.ID, r.ID())
			require.Equal(t, g.Creator, r.Creator())
			// A record stands for itself.
			again, err := goroutine.Parse(r.Text())
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]goroutine.Goroutine{g}, again))
		}
		require.Len(t, all, i)
		require.Equal(t, before, string(dump), "the dump is only read")
	})
}
