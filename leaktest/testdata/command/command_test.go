// Tests that run programs below leaktest.Main. PROGRAM is the file of testdata/server.
package command_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) {
	if os.Getenv("HELPER") != "" {
		for { // an empty select is a deadlock in a program without C
			time.Sleep(time.Hour)
		}
	}
	leaktest.Main(m)
}

func serve(t *testing.T) (p *leaktest.Process, get func(path string)) {
	cmd := exec.Command(os.Getenv("PROGRAM"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p = leaktest.Command(t, cmd)
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p.Begin()
	return p, func(path string) {
		resp, err := http.Get("http://" + strings.TrimSpace(addr) + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

func TestClean(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			_, get := serve(t)
			get("/ok")
		})
	}
}

func TestChecksItself(t *testing.T) {
	leaktest.Check(t)
	_, get := serve(t)
	get("/ok")
}

func TestNoLeakInside(t *testing.T) {
	leaktest.NoLeak(t, func() {
		p, get := serve(t)
		get("/ok")
		p.Stop()
	})
}

func TestOfAFailedStart(t *testing.T) {
	t.Run("", func(t *testing.T) { leaktest.Command(t, exec.Command("/no/where")) })
}

func TestLeaks(t *testing.T) {
	t.Parallel()
	_, get := serve(t)
	get("/goroutine")
}

func TestOpens(t *testing.T) {
	if os.Getenv("OPENS") == "" {
		return
	}
	_, get := serve(t)
	get("/goroutine")
	get("/file?path=" + os.DevNull)
}

// The program is this test binary.
func TestHelperProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HELPER=1")
	leaktest.Command(t, cmd).Begin()
}

// The process ends without the test's cleanups.
func TestPanics(t *testing.T) {
	if os.Getenv("PANICS") == "" {
		return
	}
	cmd := exec.Command("sleep", "3600")
	leaktest.Command(t, cmd)
	fmt.Println("pid", cmd.Process.Pid)
	go func() { panic("no cleanups") }()
	select {}
}
