package everything

import (
	"context"
	"fmt"
)

// Leaking is the service that releases everything in the end, if it comes to that: each
// return before the end keeps what has been acquired so far, and so does a panic.
type Leaking struct{ *Service }

// Export computes the text of a job, writes it to a file and sends it.
func (l Leaking) Export(ctx context.Context, job string, render Render) error {
	l.Workers <- struct{}{}
	file, err := l.create(job)
	if err != nil {
		return err // and the slot is taken
	}
	conn, err := l.dial(ctx)
	if err != nil {
		return err // and the file is open
	}
	text, err := render()
	if err != nil {
		return err // and the connection is open
	}
	l.show(job, text)
	if _, err := fmt.Fprintln(file, text); err != nil {
		return err // and the text is in memory
	}
	sent := make(chan error)
	go func() { sent <- send(conn, text) }()
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = ctx.Err() // and the goroutine waits for the answer
	}
	if err != nil {
		return err
	}
	conn.Close()
	l.hide(job)
	<-l.Workers
	return file.Close()
}
