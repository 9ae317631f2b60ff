//go:build amd64 || arm64

package hint_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is proven to wait for good stays.
func stays() {}

func leakSend(*testing.T) (end func()) {
	c := make(chan int)
	go func() { c <- 1 }()
	return stays
}

func leakReceivable(*testing.T) (end func()) {
	c := make(chan int)
	go func() { c <- 1 }()
	return func() { <-c }
}

func leakGroup(*testing.T) (end func()) {
	g := new(sync.WaitGroup)
	g.Add(1)
	go func() { g.Wait() }()
	return stays
}

// leakMember waits for a goroutine that waits itself.
func leakMember(*testing.T) (end func()) {
	g, c := new(sync.WaitGroup), make(chan int)
	g.Go(func() { <-c })
	go func() { g.Wait() }()
	return stays
}

type guarded struct {
	sync.Mutex
	n [4]int
}

func leakLock(*testing.T) (end func()) {
	g := new(guarded)
	g.Lock()
	go func() { g.Lock(); g.n[0]++ }()
	return stays
}

// leakHolder waits for a lock that a goroutine holds, which waits itself.
func leakHolder(*testing.T) (end func()) {
	g, c, locked := new(guarded), make(chan int), make(chan bool)
	go func() { g.Lock(); close(locked); g.n[0] = <-c }()
	<-locked
	go func() { g.Lock(); g.n[0]++ }()
	return stays
}

func leakFile(t *testing.T) (end func()) {
	f, err := os.Create(filepath.Join(t.TempDir(), "tea"))
	require.NoError(t, err)
	return closes(t, f)
}

// leakForgotten leaves its file to the garbage collector.
func leakForgotten(t *testing.T) (end func()) {
	_, err := os.Create(filepath.Join(t.TempDir(), "tea"))
	require.NoError(t, err)
	return stays
}

func leakFolder(t *testing.T) (end func()) {
	_, err := os.Open(t.TempDir())
	require.NoError(t, err)
	return stays
}

func leakForgottenConn(t *testing.T) (end func()) {
	_, err := net.Dial("udp", "127.0.0.1:9")
	require.NoError(t, err)
	return stays
}

// leakChildProcess starts a process and does not wait for it.
func leakChildProcess(t *testing.T) (end func()) {
	p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	require.NoError(t, err)
	pid := p.Pid
	return func() { syscall.Wait4(pid, nil, 0, nil) }
}

// leakForeignProcess forgets a process that nobody can wait for.
func leakForeignProcess(t *testing.T) (end func()) {
	_, err := os.FindProcess(os.Getppid())
	require.NoError(t, err)
	return stays
}

// leakNumber opens a file without the package os.
func leakNumber(t *testing.T) (end func()) {
	n, err := syscall.Open(filepath.Join(t.TempDir(), "tea"), syscall.O_CREAT|syscall.O_RDWR, 0o600)
	require.NoError(t, err)
	return func() { syscall.Close(n) }
}

func leakListener(t *testing.T) (end func()) { return closes(t, listen(t)) }

func leakDialled(t *testing.T) (end func()) {
	conn, err := net.Dial("udp", "127.0.0.1:9")
	require.NoError(t, err)
	return closes(t, conn)
}

func leakStarted(t *testing.T) (end func()) {
	cmd := exec.Command("cat")
	w, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return func() { w.Close(); cmd.Wait() }
}

func leakWaited(t *testing.T) (end func()) {
	cmd := exec.Command("cat")
	w, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	done := goes(func() { cmd.Wait() })
	return func() { w.Close(); done() }
}

func init() {
	kinds = append(kinds, []known{
		{name: "send", cause: "its receiver is gone", leak: leakSend, nearly: leakReceivable},
		{name: "WaitGroup", cause: "Done is called less often than Add counts", leak: leakGroup, nearly: leakMember},
		{name: "Mutex", cause: "the lock is held for good", leak: leakLock, nearly: leakHolder},
		{name: "context and nil channel", cause: "the context is not cancelled", leak: leakSelect, nearly: leakBackgroundOrQuit},
		{name: "context.Background", cause: "the context can't be cancelled", leak: leakBackground, nearly: leakSelect},
		{name: "context.Background or another", cause: "the context can't be cancelled", leak: leakBackground, nearly: leakBackgroundOrQuit},
		{name: "file", cause: "the file is not closed", leak: leakFile, nearly: leakNumber, trace: true},
		{name: "forgotten file", cause: "the file is not closed", leak: leakForgotten, nearly: leakNumber},
		{name: "forgotten directory", cause: "the file is not closed", leak: leakFolder, nearly: leakNumber},
		{name: "forgotten connection", cause: "the connection is not closed", leak: leakForgottenConn, nearly: leakListener},
		{name: "forgotten process", cause: "the process is not waited for", leak: leakChildProcess, nearly: leakForeignProcess},
		{name: "socket that listens", cause: "the listener is not closed", leak: leakListener, nearly: leakDialled},
		{name: "connection", cause: "the connection is not closed", leak: leakDialled, nearly: leakListener, trace: true},
		{name: "connection of a client", cause: "the connection is not closed", leak: leakDialled, nearly: leakIdle, trace: true},
		{name: "pidfd", cause: "the process is not waited for", leak: leakStarted, nearly: leakWaited, trace: true},
	}...)
}
