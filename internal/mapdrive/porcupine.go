package mapdrive

import (
	"bytes"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// patience is how long porcupine may think about a failure.
const patience = 2 * time.Second

// confirm asks porcupine whether no order explains the records of one key, as a
// second opinion; sure is whether it has come to an end.
func confirm(its []Record, before int) (impossible, sure bool) {
	result := porcupine.CheckOperationsTimeout(model(before, nil), operations(its), patience)
	return result == porcupine.Illegal, result != porcupine.Unknown
}

// Picture is what porcupine draws of a failure, in HTML: the operations on the first
// key that no order explains. There is none if there is an order.
func (f *Failure) Picture(n Namer) []byte {
	if f.Scenario == nil || f.Outcome == nil {
		return nil
	}
	for _, k := range f.Scenario.Keys() {
		its := f.Outcome.timed(k)
		m := model(f.Scenario.Before(k), n)
		if result, info := porcupine.CheckOperationsVerbose(m, operations(its), patience); result == porcupine.Illegal {
			var html bytes.Buffer
			if porcupine.Visualize(m, info, &html) == nil {
				return html.Bytes()
			}
		}
	}
	return nil
}

// timed are the records of a key. Those of a round in which each key has one worker
// have no times: the order is that in which they were done.
func (o Outcome) timed(key int) []Record {
	its := o.of(key)
	if slices.ContainsFunc(its, func(r Record) bool { return r.Return == 0 }) {
		for i := range its {
			its[i].Call, its[i].Return = int64(2*i), int64(2*i+1)
		}
	}
	return its
}

func operations(its []Record) (all []porcupine.Operation) {
	for _, r := range its {
		if r.Open == "" {
			all = append(all, porcupine.Operation{ClientId: r.Worker, Input: r.Op, Output: r.Result, Call: r.Call, Return: r.Return})
		}
	}
	return all
}

// model is the specification for porcupine; the state is the value of one key.
func model(before int, n Namer) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return before },
		Step: func(state, input, output any) (bool, any) {
			next, want := Step(state.(int), input.(Op))
			return want == output.(Result), next
		},
		DescribeOperation: func(input, output any) string {
			return line(Record{Op: input.(Op), Result: output.(Result)}, n)
		},
	}
}
