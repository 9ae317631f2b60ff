// Server is a server for tests of leaktest.Command. What it leaves is up to the request.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
)

var (
	stays   = flag.Bool("stays", false, "ignore SIGTERM")
	kept    sync.Map // what must not be garbage, whose descriptors would be closed
	forever = make(chan struct{})
)

// wait is where the leaking goroutines of the server are.
func wait() { <-forever }

func main() {
	flag.Parse()
	if *stays {
		signal.Ignore(syscall.SIGTERM)
	}
	http.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		go func() { close(done) }()
		<-done
		f, err := os.Open(os.Args[0])
		check(err)
		check(f.Close())
		check(exec.Command("true").Run())
	})
	http.HandleFunc("/goroutine", func(w http.ResponseWriter, r *http.Request) { go wait() })
	http.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.OpenFile(r.FormValue("path"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		check(err)
		kept.Store(f, true)
	})
	http.HandleFunc("/zombie", func(w http.ResponseWriter, r *http.Request) { start("true") })
	http.HandleFunc("/process", func(w http.ResponseWriter, r *http.Request) { start("sleep", "3600") })
	http.HandleFunc("/daemon", func(w http.ResponseWriter, r *http.Request) {
		daemon := exec.Command("sh", "-c", "sleep 3600 & :") // whose parent is gone
		daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		check(daemon.Run())
	})
	http.HandleFunc("/crash", func(w http.ResponseWriter, r *http.Request) {
		go func() { panic("out of tea") }()
		<-forever
	})
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) { os.Exit(3) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(l.Addr())
	check(http.Serve(l, nil))
}

// start starts a process that nobody waits for. The descriptor that Go has of it stays open.
func start(name string, args ...string) {
	cmd := exec.Command(name, args...)
	check(cmd.Start())
	kept.Store(cmd, true)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
