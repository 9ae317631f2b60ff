package everything

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Exporter is the service mended. Each resource has a life of four steps: it is acquired,
// its release is deferred in the next line, it is used, and it is released on whatever
// path the function ends.
type Exporter struct{ *Service }

// Export computes the text of a job, writes it to a file and sends it.
func (e Exporter) Export(ctx context.Context, job string, render Render) (err error) {
	select {
	case e.Workers <- struct{}{}:
		defer func() { <-e.Workers }()
	case <-ctx.Done():
		return ctx.Err()
	}
	file, err := e.create(job)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	conn, err := e.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	text, err := render()
	if err != nil {
		return err
	}
	e.show(job, text)
	defer e.hide(job)
	if _, err := fmt.Fprintln(file, text); err != nil {
		return err
	}
	// No goroutine is left to wait: what waits for the receiver ends with ctx.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := send(conn, text); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}
