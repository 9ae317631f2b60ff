package mapdrive

import (
	"bytes"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// An order looks for an order of the operations that explains a round's records. It is reused.
type order struct {
	check checker
	its   [][]int32 // the indices of the records of each of facts.keys
}

// judge reports what is wrong with the outcome, "" if nothing.
func (p *player) judge() (wrong string) {
	if p.private {
		for _, r := range p.outcome.Final {
			if want := (Result{p.model[r.Op.Key], p.model[r.Op.Key] != Absent}); r.Result != want {
				store, named := lost(p.outcome.Records, r, p.d.Namer)
				p.outcome.Named = named
				return store + p.mismatch(r.Op, r.Result, want) + ", when all have returned"
			}
		}
		return ""
	}
	records := append(p.outcome.Records, p.outcome.Final...)
	p.outcome.Records = records[:len(p.outcome.Records)]
	p.order.each(p.facts, records, func(key int, v verdict, bad int) bool {
		switch v {
		case unknown:
			p.d.unknown++
		case impossible:
			wrong = p.blame(key, records, bad)
		}
		return wrong == ""
	})
	return wrong
}

// blame reports what is wrong with a record that no order explains. It reports nothing unless
// porcupine agrees, because a reported failure must be true beyond doubt.
func (p *player) blame(key int, records []Record, bad int) string {
	its := p.outcome.of(key)
	confirmed, sure := confirm(its, p.before[key])
	p.d.beats.Add(1)
	switch {
	case confirmed:
		if bad < len(p.outcome.Records) {
			p.bad = bad
		}
		text, named := words(its, records[bad], p.before[key], p.d.Namer)
		p.outcome.Named = named
		return text
	case !sure:
		p.d.unconfirmed++
	case !slices.ContainsFunc(records, func(r Record) bool { return r.Call == r.Return }):
		p.d.vetoed++ // otherwise the clock is too coarse for the check
	}
	return ""
}

// each calls judge for each key whose values are known, until judge returns false. If the verdict
// is impossible, bad is the first record that no order explains.
func (o *order) each(f *facts, records []Record, judge func(key int, v verdict, bad int) bool) {
	o.sort(f, records)
	for i, k := range f.keys {
		if f.loose[k] {
			continue
		}
		if v, bad := o.check.check(records, o.its[i], f.before[k]); !judge(k, v, bad) {
			return
		}
	}
}

// sort groups the records by key and keeps each worker's records together and in order.
func (o *order) sort(f *facts, records []Record) {
	o.its = slices.Grow(o.its[:0], len(f.keys))[:len(f.keys)]
	for i := range o.its {
		o.its[i] = o.its[i][:0]
	}
	for i := range records {
		switch op := &records[i].Op; {
		case op.Kind <= LastOfKey:
			k := f.place[op.Key]
			o.its[k] = append(o.its[k], int32(i))
		case op.Kind == Clear:
			for k := range o.its {
				o.its[k] = append(o.its[k], int32(i))
			}
		}
	}
}

// Explained reports whether, for each key, some order of the operations explains their results.
func (o Outcome) Explained(s Scenario) bool {
	explained := true
	new(order).each(newFacts(s), slices.Concat(o.Records, o.Final), func(_ int, v verdict, _ int) bool {
		explained = v == possible
		return explained
	})
	return explained
}

const patience = 2 * time.Second

// confirm asks porcupine for a second opinion: impossible reports that no order explains the
// records of one key, and sure that porcupine finished in time.
func confirm(its []Record, before int) (impossible, sure bool) {
	result := porcupine.CheckOperationsTimeout(model(before, nil), operations(its), patience)
	return result == porcupine.Illegal, result != porcupine.Unknown
}

// Picture returns porcupine's drawing of a failure as HTML. It shows the first key whose operations
// no order explains. Picture returns nil if there is no such key.
func (f *Failure) Picture(n Namer) []byte {
	if f.Scenario == nil || f.Outcome == nil {
		return nil
	}
	facts := newFacts(*f.Scenario)
	for _, k := range facts.keys {
		m := model(facts.before[k], n)
		if result, info := porcupine.CheckOperationsVerbose(m, operations(f.Outcome.timed(k)), patience); result == porcupine.Illegal {
			var html bytes.Buffer
			if porcupine.Visualize(m, info, &html) == nil {
				return html.Bytes()
			}
		}
	}
	return nil
}

// timed returns the records of a key. If each key of a round has one worker, its records have no
// times; timed then numbers them in the order in which they were done.
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

// model returns the specification for porcupine. The state is the value of one key.
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
