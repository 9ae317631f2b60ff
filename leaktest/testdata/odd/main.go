// Odd is a program that does odd things: with the pipes of its test, when it is ready and has read a
// line, and when it ends.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	var in, out *os.File
	if os.Args[1] == "execs" && len(os.Args) == 2 {
		exe, err := os.Executable()
		check(err)
		check(syscall.Exec(exe, append(os.Args, "again"), os.Environ()))
	}
	if slices.Contains([]string{"closes", "talks", "lies", "nothing"}, os.Args[1]) {
		in, out = os.NewFile(3, "in"), os.NewFile(4, "out") // where the pipes are if there are no other files
	}
	switch os.Args[1] {
	case "closes":
		in.Close()
		out.Close()
	case "talks":
		fmt.Fprintln(out, strings.Repeat("\x1b[31m", 20))
	case "lies":
		fmt.Fprintln(out, "stacks 1000000000000")
	case "nothing": // an answer without stacks
		fmt.Fprintln(out, "stacks 0")
	}
	var log *os.File
	if os.Args[1] == "rotates" {
		log, _ = os.Create(os.Args[2])
	}
	fmt.Println("ready")
	_, _ = fmt.Scanln()
	switch os.Args[1] {
	case "opens":
		f, err := os.Open(os.Args[0])
		check(err)
		check(f.Close())
	case "rotates":
		check(log.Close())
		check(os.Rename(os.Args[2], os.Args[2]+".1"))
		_, err := os.Create(os.Args[2])
		check(err)
	case "splices":
		splice()
	}
	fmt.Println("done")
	if os.Args[1] == "ends" {
		return
	}
	<-stop
	runtime.KeepAlive(in)
	runtime.KeepAlive(out)
	switch os.Args[1] {
	case "panics":
		var none *int
		*none = 1
	case "fails":
		os.Exit(1)
	case "aborts":
		signal.Reset(syscall.SIGABRT)
		syscall.Kill(os.Getpid(), syscall.SIGABRT)
		select {}
	}
}

// splice copies from a connection to another one, for which the runtime keeps a pipe.
func splice() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check(err)
	defer l.Close()
	pair := func() (dialled, accepted net.Conn) {
		dialled, err := net.Dial("tcp4", l.Addr().String())
		check(err)
		accepted, err = l.Accept()
		check(err)
		return dialled, accepted
	}
	a, from := pair()
	b, to := pair()
	_, err = a.Write(make([]byte, 1000))
	check(err)
	check(a.Close())
	n, err := io.Copy(to, from)
	check(err)
	if n != 1000 {
		check(io.ErrShortWrite)
	}
	for _, c := range []net.Conn{b, from, to} {
		check(c.Close())
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
