package shop

// calls counts the calls of self.
var calls int

// self stores each time that it is called: an operand must be evaluated once.
func (s *Server) self() *Server {
	calls++
	s.byID[-calls] = newOrder()
	return s
}

type orderMap map[int]*Order

func put[M ~map[K]V, K comparable, V any](m M, k K, v V) { m[k] = v }

type embeds struct{ *Server }

// odd stores into a map in all ways that Go has.
func (s *Server) odd(i int) {
	s.self().byID[i] = newOrder()
	(s.byID)[func() int { s.byID[i+1000] = newOrder(); return i + 2000 }()] = newOrder()
	for _, s.byID[i+3000] = range []*Order{newOrder()} {
	}
	embeds{s}.byID[i+4000], calls = newOrder(), calls
	put(s.byID, i+5000, newOrder())
	orderMap(s.byID)[i+6000] = newOrder()
}

// A cell has a layout that its type argument does not change, a wide one has none before it has one.
type cell[T any] struct {
	n    int
	held *T
}

type wide[T any] struct {
	value T
	held  *T
}

var (
	cells *cell[Order]
	wides *wide[Order]
)

func newCell[T any](o *T) *cell[T] { return &cell[T]{n: 1, held: o} }

func newWide[T any](o *T) *wide[T] {
	type local struct {
		value T
		held  *T
	}
	w := &local{held: o}
	return &wide[T]{held: w.held}
}
