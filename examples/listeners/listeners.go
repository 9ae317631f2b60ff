// Package listeners is an event bus: whoever wants to hear of orders registers a
// handler. It is here twice: as it kept the handlers of clients that had long
// gone, and mended.
package listeners

// An Event is something that has happened to an order.
type Event struct {
	Order  string
	Status string
}
