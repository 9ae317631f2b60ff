package profiles

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"path/filepath"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// A builder writes a profile of findings in the format of go tool pprof, which is described in
// https://github.com/google/pprof/blob/main/proto/profile.proto. It does not use the package of that
// module: initializing it takes each test process about 0.2 ms, whether it writes a profile or not.
type builder struct {
	profile   message
	totals    []uint64
	locations map[frameKey]uint64
	functions map[frameKey]uint64
	texts     map[string]uint64
}

type frameKey struct {
	name, file string
	line       int
}

type valueType struct{ name, unit string }

// The fields of messages: profile, sample, label, location, line, function.
const (
	profileSampleType = 1
	profileSample     = 2
	profileLocation   = 4
	profileFunction   = 5
	profileText       = 6
	profilePeriodType = 11
	profilePeriod     = 12

	sampleLocation = 1
	sampleValue    = 2
	sampleLabel    = 3

	labelKey   = 1
	labelValue = 2

	locationID      = 1
	locationAddress = 3
	locationLine    = 4

	lineFunction = 1
	lineNumber   = 2

	functionID         = 1
	functionName       = 2
	functionSystemName = 3
	functionFile       = 4
)

// newBuilder returns a builder for values with such names and units.
func newBuilder(types ...valueType) *builder {
	b := &builder{totals: make([]uint64, len(types)), locations: make(map[frameKey]uint64), functions: make(map[frameKey]uint64), texts: make(map[string]uint64)}
	b.text("") // is always the first one
	for _, t := range types {
		b.profile.bytes(profileSampleType, b.pair(t.name, t.unit))
	}
	b.profile.bytes(profilePeriodType, b.pair(types[0].name, types[0].unit))
	b.profile.number(profilePeriod, 1)
	return b
}

// add adds a sample, with labels that tell the findings apart.
func (b *builder) add(f finding.Finding, s finding.Stack, values ...int64) {
	var locations, counts []uint64
	for _, c := range s.Frames {
		locations = append(locations, b.location(f, c))
	}
	for i, v := range values {
		b.totals[i] += uint64(v)
		counts = append(counts, uint64(v))
	}
	var sample message
	sample.numbers(sampleLocation, locations)
	sample.numbers(sampleValue, counts)
	label := func(key, value string) {
		if value != "" {
			sample.bytes(sampleLabel, b.pair(key, value))
		}
	}
	label("kind", f.Kind)
	label("test", f.Test)
	label("package", f.Package)
	if s.CreatedBy != nil {
		label("created by", s.CreatedBy.Func)
	}
	b.profile.bytes(profileSample, sample)
}

func (b *builder) location(f finding.Finding, c finding.Frame) (id uint64) {
	k := frameKey{cmp.Or(c.Func, "not known"), c.File, max(c.Line, 0)}
	if c.InModule && filepath.IsAbs(f.Root) { // so that pprof finds the source
		k.file = filepath.Join(f.Root, filepath.FromSlash(c.File))
	}
	if id = b.locations[k]; id == 0 {
		id = uint64(len(b.locations) + 1)
		b.locations[k] = id
		var line, location message
		line.number(lineFunction, b.function(k.name, k.file))
		line.number(lineNumber, uint64(k.line))
		location.number(locationID, id)
		location.number(locationAddress, id) // pprof tells locations apart by their addresses
		location.bytes(locationLine, line)
		b.profile.bytes(profileLocation, location)
	}
	return id
}

func (b *builder) function(name, file string) (id uint64) {
	k := frameKey{name: name, file: file}
	if id = b.functions[k]; id == 0 {
		id = uint64(len(b.functions) + 1)
		b.functions[k] = id
		var function message
		function.number(functionID, id)
		function.number(functionName, b.text(name))
		function.number(functionSystemName, b.text(name))
		function.number(functionFile, b.text(file))
		b.profile.bytes(profileFunction, function)
	}
	return id
}

// pair returns a message of two texts: a label, or the type of a value.
func (b *builder) pair(key, value string) (m message) {
	m.number(labelKey, b.text(key))
	m.number(labelValue, b.text(value))
	return m
}

// text returns the number of a text in the profile's table.
func (b *builder) text(s string) uint64 {
	n, known := b.texts[s]
	if !known {
		n = uint64(len(b.texts))
		b.texts[s] = n
		b.profile.bytes(profileText, []byte(s))
	}
	return n
}

// packed returns the profile as go tool pprof reads it.
func (b *builder) packed() []byte {
	var packed bytes.Buffer // takes everything
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(b.profile)
	_ = w.Close()
	return packed.Bytes()
}
