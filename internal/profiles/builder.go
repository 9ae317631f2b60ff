package profiles

import (
	"bytes"
	"cmp"
	"path/filepath"

	"github.com/google/pprof/profile"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// A builder makes a profile of findings.
type builder struct {
	profile   profile.Profile
	totals    []int64
	locations map[frameKey]*profile.Location
	functions map[frameKey]*profile.Function
}

type frameKey struct {
	name, file string
	line       int
}

// newBuilder returns a builder for values with such names and units.
func newBuilder(types ...profile.ValueType) *builder {
	b := &builder{totals: make([]int64, len(types)), locations: make(map[frameKey]*profile.Location), functions: make(map[frameKey]*profile.Function)}
	for _, t := range types {
		b.profile.SampleType = append(b.profile.SampleType, &t)
	}
	b.profile.PeriodType, b.profile.Period = &types[0], 1
	return b
}

// add adds a sample, with labels that tell the findings apart.
func (b *builder) add(f finding.Finding, s finding.Stack, values ...int64) {
	sample := &profile.Sample{Value: values, Label: make(map[string][]string)}
	for _, c := range s.Frames {
		sample.Location = append(sample.Location, b.location(f, c))
	}
	for i, v := range values {
		b.totals[i] += v
	}
	label := func(key, value string) {
		if value != "" {
			sample.Label[key] = []string{value}
		}
	}
	label("kind", f.Kind)
	label("test", f.Test)
	label("package", f.Package)
	if s.CreatedBy != nil {
		label("created by", s.CreatedBy.Func)
	}
	b.profile.Sample = append(b.profile.Sample, sample)
}

func (b *builder) location(f finding.Finding, c finding.Frame) *profile.Location {
	k := frameKey{cmp.Or(c.Func, "not known"), c.File, max(c.Line, 0)}
	if c.InModule && filepath.IsAbs(f.Root) { // so that pprof finds the source
		k.file = filepath.Join(f.Root, filepath.FromSlash(c.File))
	}
	at := b.locations[k]
	if at == nil {
		id := uint64(len(b.locations) + 1)
		at = &profile.Location{ID: id, Address: id, Line: []profile.Line{{Function: b.function(k.name, k.file), Line: int64(k.line)}}} // pprof tells locations apart by their addresses
		b.locations[k] = at
		b.profile.Location = append(b.profile.Location, at)
	}
	return at
}

func (b *builder) function(name, file string) *profile.Function {
	k := frameKey{name: name, file: file}
	fn := b.functions[k]
	if fn == nil {
		fn = &profile.Function{ID: uint64(len(b.functions) + 1), Name: name, SystemName: name, Filename: file}
		b.functions[k] = fn
		b.profile.Function = append(b.profile.Function, fn)
	}
	return fn
}

// packed returns the profile as go tool pprof reads it.
func (b *builder) packed() ([]byte, error) {
	var text bytes.Buffer
	err := b.profile.Write(&text)
	return text.Bytes(), err
}
