package mapdrive

import "slices"

// An order holds the records of a round by key, and looks for one that explains them.
type order struct {
	check  checker
	counts []int32
	its    []int32
}

// judge says what is wrong with the outcome.
func (p *player) judge() (wrong string) {
	if p.private {
		for _, r := range p.outcome.Final {
			if want := p.model[r.Op.Key]; r.Result.Val != want || r.Result.OK != (want != Absent) {
				return lost(p.outcome.Records, r, p.d.Namer) + p.mismatch(r.Op, r.Result, Result{want, want != Absent}) + ", when all have returned"
			}
		}
		return ""
	}
	o := &p.order
	records := append(p.outcome.Records, p.outcome.Final...)
	p.outcome.Records = records[:len(p.outcome.Records)]
	o.sort(p.facts, records)
	for i, k := range p.keys {
		if p.loose[k] {
			continue
		}
		switch v, bad := o.check.check(records, o.its[o.counts[i]:o.counts[i+1]], p.before[k]); v {
		case unknown:
			p.d.unknown++
		case impossible:
			// The last check of all: what is reported must be true beyond doubt.
			confirmed, sure := confirm(p.outcome.of(k), p.before[k])
			p.d.steps.Add(1)
			if !confirmed {
				switch {
				case !sure:
					p.d.unconfirmed++
				case !slices.ContainsFunc(records, func(r Record) bool { return r.Call == r.Return }):
					p.d.vetoed++ // else the clock is too coarse for the check
				}
				continue
			}
			if r := records[bad]; bad < len(p.outcome.Records) {
				p.bad = place{r.Worker, bad}
				for w := range r.Worker {
					p.bad.op -= p.workers[w].n
				}
			}
			its := p.outcome.of(k)
			return words(its, slices.Index(its, records[bad]), p.before[k], p.d.Namer)
		}
	}
	return ""
}

// sort finds the records of each key, those of each worker in order: its has the
// indices of those of key number i from counts[i] on.
func (o *order) sort(f *facts, records []Record) {
	n := len(f.keys)
	o.counts = append(o.counts[:0], make([]int32, n+1)...)
	for i := range records {
		switch op := &records[i].Op; {
		case op.Kind <= LastOfKey:
			o.counts[f.place[op.Key]]++
		case op.Kind == Clear:
			for k := range n {
				o.counts[k]++
			}
		}
	}
	sum := int32(0)
	for i := range o.counts {
		o.counts[i], sum = sum, sum+o.counts[i]
	}
	o.its = append(o.its[:0], make([]int32, sum)...)
	for i := range records {
		switch op := &records[i].Op; {
		case op.Kind <= LastOfKey:
			k := f.place[op.Key]
			o.its[o.counts[k]] = int32(i)
			o.counts[k]++
		case op.Kind == Clear:
			for k := range n {
				o.its[o.counts[k]] = int32(i)
				o.counts[k]++
			}
		}
	}
	// Each count has come to where the next begins.
	copy(o.counts[1:], o.counts[:n])
	o.counts[0] = 0
}
