package cases

import (
	"io"
	"net"
	"testing"
)

func halfForgotten(t *testing.T) {
	if !on("halfforgotten") {
		t.Skip("CASE has no halfforgotten")
	}
	checked(t)
}

// TestHalf1 is paused while the others run.
func TestHalf1(t *testing.T) {
	halfForgotten(t)
	t.Parallel()
}

// TestHalf2 forgets a connection, whose other end closes when it does.
func TestHalf2(t *testing.T) {
	halfForgotten(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		io.Copy(io.Discard, c)
		c.Close()
	}()
}

func TestHalf3(t *testing.T) { halfForgotten(t) }
