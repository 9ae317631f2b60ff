package goroutine_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/goroutine"
)

func cut(text string) []goroutine.Record {
	return slices.Collect(goroutine.Records([]byte(text)))
}

func TestRecords(t *testing.T) {
	t.Parallel()
	const one = "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"
	const two = "goroutine 2 [select] {k: \"goroutine 7 [running]:\"}:\nmain.f()\n\t/a.go:2 +0x1\n"
	for _, tt := range []struct {
		why  string
		dump string
		want []string
	}{
		{"nothing", "", nil},
		{"no goroutine", "all is well\n\nPASS\n", nil},
		{"one", one, []string{one}},
		{"two", one + "\n" + two, []string{one, two}},
		{"a crash's message before and registers after", "panic: x\n\n" + one + "\n" + two + "\nrax    0x0\nrbx    0x1\n", []string{one, two}},
		{"a panic value that looks like a dump", "panic: \n\t\n\tgoroutine 7 [running]:\n\n" + one, []string{one}},
		{"stack of the runtime between goroutines", one + "\nruntime stack:\nruntime.throw()\n\t/r.go:1 +0x1\n\n" + two, []string{one, two}},
		{"prose that starts like a header", one + "\ngoroutine leak ahead\n\ngoroutine 12\n\n" + two, []string{one, two}},
		{"an id that is no id", "goroutine 99999999999999999999 [running]:\n\n" + one, []string{one}},
		{"cut in the second header", one + "\ngoroutine 2 [sel", []string{one, "goroutine 2 [sel"}},
		{"cut in the second id", one + "\ngoroutine 2", []string{one}},
		{"many empty lines", one + "\n\n\n\n" + two + "\n\n", []string{one, two}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range cut(tt.dump) {
				got = append(got, string(r.Text()))
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestRecordsStop(t *testing.T) {
	t.Parallel()
	for r := range goroutine.Records([]byte("goroutine 1 [running]:\n\ngoroutine 2 [running]:\n")) {
		assert.Equal(t, uint64(1), r.ID())
		break
	}
}

// A goroutine that was cut short anywhere never has an id, a label, a frame or
// a creator that it does not have when it is whole.
func TestRecordsTruncated(t *testing.T) {
	t.Parallel()
	for name, dump := range dumps(t) {
		for whole := range goroutine.Records([]byte(dump)) {
			want, err := whole.Parse()
			require.NoError(t, err, name)
			step := 1 + len(whole.Text())/1000 // each cut is parsed anew: quadratic
			for end := 0; end < len(whole.Text()); end += step {
				for r := range goroutine.Records(whole.Text()[:end]) {
					if r.ID() != want.ID {
						t.Fatalf("%s: goroutine %d cut to %q: id %d", name, want.ID, r.Text(), r.ID())
					}
					if c := r.Creator(); c != 0 && c != want.Creator {
						t.Fatalf("%s: goroutine %d cut to %q: creator %d", name, want.ID, r.Text(), c)
					}
					got, err := r.Parse()
					if err != nil {
						continue
					}
					n := len(got.Frames)
					if n > len(want.Frames) || !slices.Equal(got.Frames, want.Frames[:n]) || got.State != want.State || !maps.Equal(got.Labels, want.Labels) {
						t.Fatalf("%s: goroutine %d cut to %q: %+v", name, want.ID, r.Text(), got)
					}
				}
			}
		}
	}
}

func TestLookingAllocatesNothing(t *testing.T) {
	for name, dump := range dumps(t) {
		text := []byte(dump)
		found := 0
		assert.Zero(t, testing.AllocsPerRun(10, func() {
			for r := range goroutine.Records(text) {
				if r.ID() == r.Creator() {
					found++
				}
			}
		}), "%s: Records, Creator", name)
		assert.Zero(t, found, name)
	}
}

// Parsing goroutine by goroutine is the same as parsing them all.
func TestRecordsComplete(t *testing.T) {
	t.Parallel()
	for name, dump := range dumps(t) {
		want, err := goroutine.Parse([]byte(dump))
		require.NoError(t, err, name)
		var texts []string
		for i, r := range cut(dump) {
			texts = append(texts, string(r.Text()))
			require.Equal(t, want[i].ID, r.ID(), name)
			require.Equal(t, want[i].Creator, r.Creator(), name)
		}
		got, err := goroutine.Parse([]byte(strings.Join(texts, "\n")))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}
