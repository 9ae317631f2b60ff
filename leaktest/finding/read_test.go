package finding_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// whole is a finding with every field.
var whole = finding.Finding{
	Version: finding.Version, Kind: "fd", Fingerprint: "fd example.org/shop.Open",
	Test: "TestOpen", Program: "server", Tests: []string{"TestOpen", "TestOther"}, SeenDuring: true, Warned: true,
	Package: "example.org/shop", Module: "example.org/shop", Root: "/src/shop",
	Place:     &finding.Frame{Func: "example.org/shop.Open", File: "shop.go", Line: 9, InModule: true},
	TestPlace: &finding.Frame{Func: "example.org/shop.TestOpen", File: "shop_test.go", Line: 5, InModule: true},
	Stacks:    []finding.Stack{{Kind: "acquired", Text: "readLoop", Frames: []finding.Frame{{Func: "os.Open", File: "os/file.go", Line: 380}}, CreatedBy: &finding.Frame{Func: "f"}}},
	CreatedBy: &finding.Frame{Func: "example.org/shop.Start", File: "shop.go", Line: 4},
	Opener:    &finding.Frame{Func: "shop.Open", File: "shop.go", Line: 9},
	Holder:    []string{"shop.files[\"a\"]"}, Suspect: "shop.files",
	Columns: []string{"/tmp/a", "O_RDONLY"}, Names: []string{"7"},
	Evidence: []finding.Evidence{{Label: "opened", Columns: []string{"shop.Open", "shop.go:9"}}, {Columns: []string{"and 2 more"}}},
	Count:    3, Unit: "descriptor", Bytes: -4, Proven: true, Forgotten: true,
	Grows: "iteration", Growth: &finding.Growth{PerUnit: 1, BytesPerUnit: 96.5, Units: 252, Rounds: []int64{4, 8}},
	Changes: []finding.Change{{Name: "7", After: "/tmp/a"}},
	Notes:   []string{"a note"}, Text: "fd  +3  7 /tmp/a", Heading: "TestOpen leaked: 3 descriptors",
}

func lines(t *testing.T, all ...finding.Finding) string {
	var b bytes.Buffer
	for _, f := range all {
		require.NoError(t, json.NewEncoder(&b).Encode(f))
	}
	return b.String()
}

func TestRead(t *testing.T) {
	small := finding.Finding{Version: 1, Kind: "goroutine", Fingerprint: "x", Count: 1, Unit: "goroutine", Text: "goroutine  +1"}
	two := lines(t, whole, small)
	for _, c := range []struct {
		why, text string
		want      []finding.Finding
		err       string
	}{
		{"nothing", "", nil, ""},
		{"every field", two, []finding.Finding{whole, small}, ""},
		{"no newline at the end", strings.TrimSuffix(two, "\n"), []finding.Finding{whole, small}, ""},
		{"lines of Windows, and empty ones", "\r\n" + strings.ReplaceAll(two, "\n", "\r\n\r\n"), []finding.Finding{whole, small}, ""},
		{"a field of a later version", `{"version":1,"kind":"k","mood":"bad"}`, []finding.Finding{{Version: 1, Kind: "k"}}, ""},
		{"a torn line", two[:40] + "\n" + two, []finding.Finding{whole, small}, "line 1: unexpected end of JSON input"},
		{"two of them", "x\n" + two + "\n{]\n", []finding.Finding{whole, small},
			"line 1: invalid character 'x' looking for beginning of value\nline 5: invalid character ']' looking for beginning of object key string"},
		{"a wrong type", `{"version":1,"count":"many"}`, nil, "line 1: json: cannot unmarshal string into Go struct field Finding.count of type int64"},
		{"another object", `{"Action":"start"}`, nil, "line 1: no finding: it has no version"},
		{"a later version", `{"version":9}`, nil, "line 1: version 9 of the schema is not known, only versions up to 1: update github.com/leakassert/leakassert"},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, err := finding.Read(strings.NewReader(c.text))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if c.err == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.err)
			var line *finding.LineError
			assert.ErrorAs(t, err, &line)
		})
	}
}

// A line of any length is read or named, and the lines behind it are read.
func TestReadLongLine(t *testing.T) {
	small := lines(t, finding.Finding{Version: 1, Kind: "k"})
	long := func(n int64) io.Reader { return io.LimitReader(zeros{}, n) }
	got, err := finding.Read(io.MultiReader(strings.NewReader(small), long(65<<20), strings.NewReader("\n"+small)))
	assert.EqualError(t, err, "line 2: longer than 64 MiB")
	assert.Len(t, got, 2)
	got, err = finding.Read(io.MultiReader(strings.NewReader(small), long(65<<20)))
	assert.EqualError(t, err, "line 2: longer than 64 MiB")
	assert.Len(t, got, 1)
	got, err = finding.Read(strings.NewReader(lines(t, finding.Finding{Version: 1, Text: strings.Repeat("x", 1<<20)})))
	assert.NoError(t, err)
	assert.Len(t, got, 1)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestReadOfAReaderThatFails(t *testing.T) {
	wrong := errors.New("the disk is gone")
	got, err := finding.Read(io.MultiReader(strings.NewReader(lines(t, whole)), iotest.ErrReader(wrong)))
	assert.ErrorIs(t, err, wrong)
	assert.Equal(t, []finding.Finding{whole}, got)
}

func TestAllStops(t *testing.T) {
	n := 0
	for range finding.All(strings.NewReader(lines(t, whole, whole) + "x\n")) {
		n++
		break
	}
	assert.Equal(t, 1, n)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":1,"kind":"fd","place":{"file":"a.go","line":1}}` + "\n{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, _ := finding.Read(bytes.NewReader(text))
		for _, g := range got {
			_ = g.Site()
		}
	})
}
