// Package ordercache keeps orders that are asked for again. It is here twice: with
// no bound, which no safe map has by itself, and bounded by weight and by time.
package ordercache

// An Order is what is kept.
type Order struct {
	ID    string
	Lines []string
}

// Size is how much room an order takes, in lines.
func (o *Order) Size() int { return 1 + len(o.Lines) }
