package mapfuzz

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// failure is what a test is to fail with.
func failure(t TB, d *mapdrive.Driver, f *mapdrive.Failure, kind string) string {
	s := describe(d, f, kind)
	if file := draw(t, d, f); file != "" {
		s += "\npicture: " + file
	}
	return s
}

func describe(d *mapdrive.Driver, f *mapdrive.Failure, kind string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "mapfuzz: %s: %s (mode %s)\n\n", kind, f.What, f.Mode)
	if f.Scenario != nil {
		b.WriteString(f.Outcome.Columns(*f.Scenario, d.Namer))
		fmt.Fprintf(&b, "\nit fails in %d of %d rounds", f.Failed, f.Rounds)
		if f.Scenario.Fresh {
			b.WriteString(", each with a new map")
		}
		fmt.Fprintf(&b, "; mapfuzz.Seed(%d) makes the same choices\n\n%s", f.Seed, reproduction(d, f))
		return strings.TrimRight(b.String(), "\n")
	}
	const most = 40
	for i, step := range f.Steps {
		if len(f.Steps) > most && i == most/2 {
			fmt.Fprintf(&b, "    … %d more …\n", len(f.Steps)-most)
		}
		if len(f.Steps) <= most || i < most/2 || i >= len(f.Steps)-most/2 {
			b.WriteString("    " + step + "\n")
		}
	}
	fmt.Fprintf(&b, "\nmapfuzz.Seed(%d) makes the same choices", f.Seed)
	return b.String()
}

// reproduction is a test to paste.
func reproduction(d *mapdrive.Driver, f *mapdrive.Failure) string {
	var b strings.Builder
	s := f.Scenario
	b.WriteString("func TestReproduce(t *testing.T) {\n\tm := newMap()\n\tfor range 1_000_000 {\n")
	if s.Fresh {
		b.WriteString("\t\tm = newMap()\n")
	}
	for _, k := range s.Keys() {
		fmt.Fprintf(&b, "\t\tm.Delete(%s)\n", d.Namer.Key(k))
	}
	for _, op := range s.Setup {
		fmt.Fprintf(&b, "\t\tm.%s\n", op.Spell(d.Namer))
	}
	b.WriteString("\t\tvar wg sync.WaitGroup\n")
	for _, ops := range s.Workers {
		var calls []string
		for _, op := range ops {
			calls = append(calls, "m."+op.Spell(d.Namer))
		}
		fmt.Fprintf(&b, "\t\twg.Go(func() { %s })\n", strings.Join(calls, "; "))
	}
	b.WriteString("\t\twg.Wait()\n")
	for _, r := range f.Outcome.Final {
		fmt.Fprintf(&b, "\t\t// %s must not be %s after that\n", r.Op.Spell(d.Namer), r.Result.Spell(r.Op, d.Namer))
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

// draw has porcupine draw the round that has failed, in the folder of the test's
// artifacts; the name of the file is returned.
func draw(t TB, d *mapdrive.Driver, f *mapdrive.Failure) (file string) {
	a, ok := t.(interface{ ArtifactDir() string })
	if !ok || f.Scenario == nil {
		return ""
	}
	result, info := porcupine.CheckOperationsVerbose(model(d, f), operations(f), 5*time.Second)
	if result == porcupine.Ok {
		return ""
	}
	var html bytes.Buffer
	if porcupine.Visualize(model(d, f), info, &html) != nil {
		return ""
	}
	file = filepath.Join(a.ArtifactDir(), "mapfuzz.html")
	if os.WriteFile(file, html.Bytes(), 0o644) != nil {
		return ""
	}
	return file
}

func operations(f *mapdrive.Failure) (all []porcupine.Operation) {
	for _, r := range f.Outcome.Records {
		all = append(all, porcupine.Operation{ClientId: r.Worker, Input: r.Op, Output: r.Result, Call: r.Call, Return: r.Return})
	}
	for _, r := range f.Outcome.Final {
		all = append(all, porcupine.Operation{ClientId: len(f.Scenario.Workers), Input: r.Op, Output: r.Result, Call: r.Call, Return: r.Return})
	}
	return all
}

// model is the specification for porcupine; the state is the value of one key.
func model(d *mapdrive.Driver, f *mapdrive.Failure) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
			at := make(map[int]int)
			for _, o := range history {
				key := o.Input.(mapdrive.Op).Key
				i, seen := at[key]
				if !seen {
					i = len(parts)
					at[key] = i
					parts = append(parts, nil)
				}
				parts[i] = append(parts[i], o)
			}
			return parts
		},
		Init: func() any { return unknown },
		Step: func(state, input, output any) (bool, any) {
			op, result := input.(mapdrive.Op), output.(mapdrive.Result)
			before := state.(int)
			if before == unknown {
				before = f.Scenario.Before(op.Key)
			}
			next, want := mapdrive.Step(before, op)
			return want == result, next
		},
		DescribeOperation: func(input, output any) string {
			op, result := input.(mapdrive.Op), output.(mapdrive.Result)
			return op.Spell(d.Namer) + " → " + result.Spell(op, d.Namer)
		},
	}
}

// unknown stands for what a key is before its first operation.
const unknown = -3
