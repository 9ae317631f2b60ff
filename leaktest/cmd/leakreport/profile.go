package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// A builder makes a profile for go tool pprof: a message of protocol buffers, whose fields
// https://github.com/google/pprof/blob/main/proto/profile.proto describes. It is written here, without
// a module for it, so that "go run" of this command needs no line in the go.sum of those who use it.
type builder struct {
	types     proto // sample types
	samples   proto
	locations proto
	functions proto
	strings   proto
	totals    []int64
	texts     map[string]uint64
	known     map[frameKey]uint64 // locations
	funcs     map[frameKey]uint64
}

type frameKey struct {
	name, file string
	line       int
}

// Fields of the messages.
const (
	profileSampleType, profileSample, profileLocation, profileFunction, profileString, profilePeriodType, profilePeriod = 1, 2, 4, 5, 6, 11, 12

	typeName, typeUnit                           = 1, 2
	sampleLocation, sampleValue, sampleLabel     = 1, 2, 3
	labelKey, labelText                          = 1, 2
	locationID, locationAddress, locationLine    = 1, 3, 4
	lineFunction, lineNumber                     = 1, 2
	functionID, functionName, functionSystemName = 1, 2, 3
	functionFile                                 = 4
)

// newBuilder returns a builder for values with such names and units.
func newBuilder(types ...[2]string) *builder {
	b := &builder{totals: make([]int64, len(types)), texts: make(map[string]uint64), known: make(map[frameKey]uint64), funcs: make(map[frameKey]uint64)}
	b.text("") // the first one must be empty
	for _, t := range types {
		b.types.bytes(profileSampleType, b.valueType(t))
	}
	b.types.bytes(profilePeriodType, b.valueType(types[0]))
	b.types.number(profilePeriod, 1)
	return b
}

func (b *builder) valueType(t [2]string) (m proto) {
	m.number(typeName, b.text(t[0]))
	m.number(typeUnit, b.text(t[1]))
	return m
}

// text returns the number of a text.
func (b *builder) text(s string) uint64 {
	n, ok := b.texts[s]
	if !ok {
		n = uint64(len(b.texts))
		b.texts[s] = n
		b.strings.bytes(profileString, proto(s))
	}
	return n
}

// add adds a sample, with labels that tell the findings apart.
func (b *builder) add(f finding.Finding, s finding.Stack, values ...int64) {
	var locations, numbers, sample proto
	for _, c := range s.Frames {
		locations = binary.AppendUvarint(locations, b.location(f, c))
	}
	for i, v := range values {
		numbers = binary.AppendUvarint(numbers, uint64(v))
		b.totals[i] += v
	}
	sample.bytes(sampleLocation, locations)
	sample.bytes(sampleValue, numbers)
	label := func(key, value string) {
		if value != "" {
			var m proto
			m.number(labelKey, b.text(key))
			m.number(labelText, b.text(value))
			sample.bytes(sampleLabel, m)
		}
	}
	label("kind", f.Kind)
	label("test", f.Test)
	label("package", f.Package)
	if s.CreatedBy != nil {
		label("created by", s.CreatedBy.Func)
	}
	b.samples.bytes(profileSample, sample)
}

// location returns the number of a location.
func (b *builder) location(f finding.Finding, c finding.Frame) uint64 {
	k := frameKey{cmp.Or(c.Func, "not known"), c.File, max(c.Line, 0)}
	if c.InModule && filepath.IsAbs(f.Root) { // so that pprof finds the source
		k.file = filepath.Join(f.Root, filepath.FromSlash(c.File))
	}
	id, ok := b.known[k]
	if !ok {
		id = uint64(len(b.known) + 1)
		b.known[k] = id
		var line, m proto
		line.number(lineFunction, b.function(k.name, k.file))
		line.number(lineNumber, uint64(k.line))
		m.number(locationID, id)
		m.number(locationAddress, id) // pprof tells locations apart by it
		m.bytes(locationLine, line)
		b.locations.bytes(profileLocation, m)
	}
	return id
}

// function returns the number of a function.
func (b *builder) function(name, file string) uint64 {
	k := frameKey{name: name, file: file}
	id, ok := b.funcs[k]
	if !ok {
		id = uint64(len(b.funcs) + 1)
		b.funcs[k] = id
		var m proto
		m.number(functionID, id)
		m.number(functionName, b.text(name))
		m.number(functionSystemName, b.text(name))
		m.number(functionFile, b.text(file))
		b.functions.bytes(profileFunction, m)
	}
	return id
}

// write writes the profile to a file.
func (b *builder) write(name string) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for _, part := range []proto{b.types, b.samples, b.locations, b.functions, b.strings} {
		if _, err := z.Write(part); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, packed.Bytes(), 0o644)
}

// A proto is a message of protocol buffers, as it is written.
type proto []byte

// number adds a field that is a number.
func (m *proto) number(field int, value uint64) {
	*m = binary.AppendUvarint(binary.AppendUvarint(*m, uint64(field)<<3), value)
}

// bytes adds a field that is a text, a message, or a list of numbers.
func (m *proto) bytes(field int, value proto) {
	*m = binary.AppendUvarint(binary.AppendUvarint(*m, uint64(field)<<3|2), uint64(len(value)))
	*m = append(*m, value...)
}
