package leaktest_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func ExampleCommand() {
	// func TestOrders(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & echo ready; exec sleep 60")
	out, _ := cmd.StdoutPipe()
	server := leaktest.Command(t, cmd, leaktest.Settle(10*time.Millisecond))
	bufio.NewReader(out).ReadString('\n') // wait until the program is ready
	server.Begin()
	// … send requests
	// }

	t.end()
	// Output: TestOrders: program sh leaked (settled for 10ms): 1 process
}

func ExampleProcess_Begin() {
	cmd := exec.Command("sleep", "60")
	server := leaktest.Command(t, cmd)
	server.Begin() // what the program holds now is no leak

	t.end()
	// Output:
}

func ExampleProcess_Stop() {
	cmd := exec.Command("sleep", "60")
	server := leaktest.Command(t, cmd)
	server.Begin()
	server.Stop(syscall.SIGINT) // without an argument, SIGTERM
	fmt.Println(cmd.ProcessState)

	t.end()
	// Output: signal: interrupt
}

// A program that ends by itself is judged by what it leaves.
func ExampleProcess_Ended() {
	tool := leaktest.Command(t, exec.Command("true"), leaktest.Only(leaktest.KindProcess))
	<-tool.Ended()
	tool.Stop()
	// Output:
}
