// Package shop has six tests. Three of them leak, and what MENDED names does not.
package shop

import (
	"os"
	"testing"
)

func leak(t *testing.T) {
	c := make(chan int)
	go func() { <-c }()
	if t.Name() == os.Getenv("MENDED") {
		close(c)
	}
}

func TestA(t *testing.T) { leak(t) }
func TestB(t *testing.T) {}
func TestC(t *testing.T) { leak(t) }
func TestD(t *testing.T) { leak(t) }
func TestE(t *testing.T) {}
func TestF(t *testing.T) {}
