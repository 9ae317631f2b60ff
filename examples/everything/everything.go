// Package everything is a service that needs resources of all kinds for each job: a
// worker's time, memory, a file and a connection. It is here twice: as it kept them
// whenever something went wrong, and mended.
package everything

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// ErrRefused is the error of a text that the receiver does not want.
var ErrRefused = errors.New("everything: the receiver refuses the text")

// A Render computes the text of a job, which is one line.
type Render func() (text string, err error)

// A Service has what both forms need.
type Service struct {
	Dir     string        // where the texts are written
	Address string        // of the receiver
	Workers chan struct{} // computing: who computes sends to it first

	dialer   net.Dialer
	mu       sync.Mutex
	previews map[string]string // memory: the texts of the jobs that are not finished
}

// New is a service that computes so many texts at the same time.
func New(dir, address string, workers int) *Service {
	return &Service{Dir: dir, Address: address, Workers: make(chan struct{}, workers), previews: make(map[string]string)}
}

// Preview is the text of a job that is being sent.
func (s *Service) Preview(job string) (text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok = s.previews[job]
	return text, ok
}

func (s *Service) show(job, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.previews[job] = text
}

func (s *Service) hide(job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.previews, job)
}

// create makes the file of a job.
func (s *Service) create(job string) (*os.File, error) {
	return os.Create(filepath.Join(s.Dir, job+".txt"))
}

// dial connects to the receiver.
func (s *Service) dial(ctx context.Context) (net.Conn, error) {
	return s.dialer.DialContext(ctx, "tcp", s.Address)
}

// send sends a text and waits for the answer.
func send(conn net.Conn, text string) error {
	if _, err := fmt.Fprintln(conn, text); err != nil {
		return err
	}
	switch answer, err := bufio.NewReader(conn).ReadString('\n'); {
	case err != nil:
		return err
	case answer != "accepted\n":
		return ErrRefused
	}
	return nil
}
