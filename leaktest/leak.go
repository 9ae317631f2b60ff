package leaktest

import (
	"slices"

	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Leak is a finding: one resource, or a group of Count resources that look the same.
type Leak struct {
	// Kind is KindGoroutine, KindFD, KindHeap, KindPool, or what Probe.Kind returns.
	Kind string
	// ID identifies one resource within its kind, such as a goroutine's number.
	ID string
	// Count is how many resources the leak stands for; 0 means 1.
	Count int64
	// Bytes is how much memory they take, for kinds that are also counted in bytes.
	Bytes int64
	// Unit is the word for one resource in the summary, "goroutine". Units is the word
	// for several; by default it is Unit with an s.
	Unit, Units string
	// Names identify resources that look the same, such as the numbers of descriptors.
	// A group has the names of all its resources.
	Names []string
	// Columns are the rest of the report's line: what the resource is, and where.
	Columns []string
	// Evidence is what is known of the leak, one line each.
	Evidence []Evidence
	// Origin identifies the place that the leak comes from. It is the same in every round
	// of NoGrowth, which counts leaks by it. If it is empty, the stack identifies the place.
	Origin string
	// Proven means that the resource can't go away any more. The check does not wait for it.
	Proven bool
	// Forgotten means that only the garbage collector has released the resource.
	Forgotten bool
	// Owned means that the leak belongs to this check for certain, even if other checks
	// overlap it in time.
	Owned bool
	// Tests names the tests that the evidence points at.
	Tests []string
	// Frames is the stack that holds the resource or acquired it, innermost frame first.
	// CreatedBy is the call that started the goroutine.
	Frames    []Frame
	CreatedBy Frame
	// Resource describes the resource for filters. It is an fdassert.FD for a descriptor
	// and a poolassert.Stats for a pool. It is nil if nothing more is known.
	Resource any
}

// Evidence is one line of a report about a leak.
type Evidence struct {
	Label   string   // "created by", "proven", "opened"
	Columns []string // what it says
}

// A Frame is one call of a stack.
type Frame struct {
	Func string // the function as the runtime prints it, "net/http.(*Server).Serve"
	File string // the path of its source
	Line int
}

// N returns how many resources the leak stands for, at least 1.
func (l Leak) N() int64 { return max(l.Count, 1) }

// HasFunc reports whether a frame of the leak's stack satisfies match.
func (l Leak) HasFunc(match func(name string) bool) bool {
	return slices.ContainsFunc(l.Frames, func(f Frame) bool { return match(f.Func) })
}

// public is a copy of a leak for users, who may do with it as they like.
func public(l probe.Leak) Leak {
	l = fdprobe.Shown(l)
	p := Leak{
		Kind: l.Kind, ID: l.ID, Count: l.Count, Bytes: l.Bytes, Unit: l.Unit, Units: l.Units,
		Names: slices.Clone(l.Names), Columns: slices.Clone(l.Columns), Origin: l.Origin,
		Proven: l.Proven, Forgotten: l.Forgotten, Owned: l.Owned, Tests: slices.Clone(l.Tests),
		CreatedBy: Frame(l.CreatedBy), Resource: l.Resource,
	}
	for _, e := range l.Evidence {
		p.Evidence = append(p.Evidence, Evidence{e.Label, slices.Clone(e.Columns)})
	}
	for _, f := range l.Frames {
		p.Frames = append(p.Frames, Frame(f))
	}
	return p
}

// private is what a user's own probe has found.
func (l Leak) private() probe.Leak {
	p := probe.Leak{
		Kind: l.Kind, ID: l.ID, Count: l.Count, Bytes: l.Bytes, Unit: l.Unit, Units: l.Units,
		Names: slices.Clone(l.Names), Columns: slices.Clone(l.Columns), Origin: l.Origin,
		Proven: l.Proven, Forgotten: l.Forgotten, Owned: l.Owned, Tests: slices.Clone(l.Tests),
		CreatedBy: probe.Frame(l.CreatedBy), Resource: l.Resource,
	}
	if l.Origin != "" {
		p.SetPlace(l.Origin)
	}
	for _, e := range l.Evidence {
		p.Evidence = append(p.Evidence, probe.Evidence{Label: e.Label, Columns: slices.Clone(e.Columns)})
	}
	for _, f := range l.Frames {
		p.Frames = append(p.Frames, probe.Frame(f))
	}
	return p
}
