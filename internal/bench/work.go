package bench

import (
	"crypto/sha256"
	"encoding/json"
)

// sink has what is put there escape to the heap.
var sink *object

// small makes some small objects, in about 1 µs, and drops them.
func small() {
	for range 24 {
		sink = &object{next: sink}
	}
	sink = nil
}

type order struct {
	ID    int64             `json:"id"`
	Name  string            `json:"name"`
	Tags  map[string]string `json:"tags"`
	Items []item            `json:"items"`
}

type item struct {
	Name   string  `json:"name"`
	Amount int     `json:"amount"`
	Price  float64 `json:"price"`
}

var anOrder = order{
	ID: 1, Name: "an order", Tags: map[string]string{"region": "north", "kind": "express"},
	Items: make([]item, 80),
}

// roundTrip writes and reads a struct as JSON, in about 50 µs.
func roundTrip() {
	text, err := json.Marshal(&anOrder)
	if err != nil {
		panic(err)
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		panic(err)
	}
}

var page [1 << 21]byte

// hash computes, in about 1 ms, and allocates nothing.
func hash() { sha256.Sum256(page[:]) }
