package goroutine

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"
)

// Parse reads all goroutines of a dump. One that cannot be read, because the
// dump was cut short or its format is not known, is left out and named in the
// error; the others are returned all the same.
func Parse(dump []byte) ([]Goroutine, error) {
	var all []Goroutine
	var errs []error
	for r := range Records(dump) {
		g, err := r.Parse()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, g)
	}
	return all, errors.Join(errs...)
}

// Parse reads the whole record. The result holds copies, so it outlives the
// dump. An error names the goroutine and what could not be read.
func (r Record) Parse() (Goroutine, error) {
	g, err := r.parse()
	if err != nil {
		return Goroutine{}, fmt.Errorf("goroutine %d: %w", r.id, err)
	}
	return g, nil
}

func (r Record) parse() (Goroutine, error) {
	h, err := scanHeader(r.text[:r.header])
	if err != nil {
		return Goroutine{}, err
	}
	g := Goroutine{
		ID:      h.id,
		State:   string(h.state),
		Leaked:  h.leaked,
		Durable: h.durable,
		Waiting: minutes(h.minutes),
		Locked:  h.locked,
		Bubble:  h.bubble,
	}
	tail := h.tail
	if h.labels != nil {
		if g.Labels, tail, err = parseLabels(h.labels); err != nil {
			return Goroutine{}, err
		}
	}
	if err := h.end(tail); err != nil {
		return Goroutine{}, err
	}
	if err := g.parseStack(r.text[r.header:]); err != nil {
		return Goroutine{}, err
	}
	return g, nil
}

// parseLabels reads up to and over the brace that closes the labels.
func parseLabels(text []byte) (labels map[string]string, rest []byte, err error) {
	labels = make(map[string]string)
	for {
		key, value, rest, ok := nextLabel(text)
		if !ok {
			return nil, nil, errBadLabels
		}
		// The runtime prints a key once; should one come twice, the first
		// counts, as it does for Record.Label.
		k := key.text()
		if _, twice := labels[k]; !twice {
			labels[k] = value.text()
		}
		if tail, last := bytes.CutPrefix(rest, []byte("}")); last {
			return labels, tail, nil
		}
		text = rest
	}
}

// minutes saturates: a number from the text may be anything.
func minutes(n uint64) time.Duration {
	if n > uint64(math.MaxInt64/time.Minute) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Minute
}
