package hint

// library has the goroutines that the standard library starts and ends. Their stacks say what they
// wait for.
var library = []rule{
	// A client connection's readLoop waits in a select from the time it hands a response to its
	// caller until the body is read to its end or closed. While the connection is idle, or waits for a
	// response, it waits for the network.
	{"the body of a response is neither closed nor read to its end: defer resp.Body.Close() after the error check", func(c clue) bool {
		return c.runs("net/http.(*persistConn).readLoop") && c.state() == "select"
	}},
	// Without a request that waits, the connection is idle. A check closes the idle connections of
	// the default transport, so this one belongs to another.
	{"an http.Transport keeps the connection idle: share one client, or call CloseIdleConnections when it is done", func(c clue) bool {
		return c.runs("net/http.(*persistConn).readLoop") && c.state() == "IO wait" && c.none("net/http.(*persistConn).roundTrip")
	}},
	// The goroutine of an HTTP/2 request ends with the response's body. The caller has the response
	// once it has returned from RoundTrip.
	{"the body of a response is neither closed nor read to its end: defer resp.Body.Close() after the error check", func(c clue) bool {
		return c.runs(http2Request...) && c.state() == "select" && c.none(http2RoundTrip...)
	}},
	{"an http.Transport keeps the connection idle: share one client, or call CloseIdleConnections when it is done", func(c clue) bool {
		return c.runs(http2ReadLoop...) && c.state() == "IO wait" && c.none(http2Request...)
	}},
	// goServe is only in httptest.Server. Close ends it.
	{"the httptest.Server is not closed: defer srv.Close() after it starts", func(c clue) bool {
		return c.startedBy("net/http/httptest.(*Server).goServe")
	}},
	// Serve returns once Shutdown or Close is called, or the listener is closed.
	{"the http.Server still serves: call its Shutdown or Close", func(c clue) bool { return c.runs("net/http.(*Server).Serve") }},
	// Accept returns once the listener is closed.
	{"the listener is not closed: close it, or the server that accepts from it", func(c clue) bool {
		return c.runs("net.(*TCPListener).Accept", "net.(*UnixListener).Accept")
	}},
	// awaitDone ends when the rows are closed, which reading to the end and Scan of a row do too.
	{"rows.Close() is not called, or Scan after QueryRow: defer Close after the error check", func(c clue) bool { return c.runs("database/sql.(*Rows).awaitDone") }},
	// awaitDone ends with the transaction.
	{"neither Commit nor Rollback is called: defer tx.Rollback() after the error check", func(c clue) bool {
		return c.runs("database/sql.(*Tx).awaitDone")
	}},
	// OpenDB starts it, and Close ends it.
	{"db.Close() is not called: defer it after sql.Open", func(c clue) bool { return c.runs("database/sql.(*DB).connectionOpener") }},
	// Start starts goroutines that copy output and watch the context. Wait waits for them.
	{"the process is not waited for: call cmd.Wait() after cmd.Start()", func(c clue) bool {
		return c.startedBy("os/exec.(*Cmd).Start") && c.none("os/exec.(*Cmd).Wait")
	}},
	// The goroutine ends when stop is called, or when the signal or the parent's end comes.
	{"stop is not called: defer stop() after signal.NotifyContext", func(c clue) bool { return c.startedBy("os/signal.NotifyContext") }},
	// Where the parent is a context of another package, a goroutine waits for the end of either.
	{"cancel is not called: defer cancel() after the line that makes the context", func(c clue) bool {
		return c.startedBy("context.(*cancelCtx).propagateCancel")
	}},
	// Only iter.Pull makes coroutines. They end when the sequence ends, or with stop.
	{"stop is not called: defer stop() after iter.Pull", func(c clue) bool { return c.startedBy("iter.Pull") && c.state() == "coroutine" }},
	// Read waits until there is data, or an end is closed.
	{"the writer of the io.Pipe is not closed: close it after the last write", func(c clue) bool {
		return c.runs("io.(*pipe).read")
	}},
	// Write waits until all is read, or an end is closed.
	{"the reader of the io.Pipe is neither read to the end nor closed: defer its Close()", func(c clue) bool { return c.runs("io.(*pipe).write") }},
}

// The functions of a client of HTTP/2, of Go 1.26 and of Go 1.27.
var (
	http2ReadLoop  = []string{"net/http.(*http2ClientConn).readLoop", "net/http/internal/http2.(*ClientConn).readLoop"}
	http2Request   = []string{"net/http.(*http2clientStream).doRequest", "net/http/internal/http2.(*clientStream).doRequest"}
	http2RoundTrip = []string{"net/http.(*http2ClientConn).roundTrip", "net/http/internal/http2.(*ClientConn).roundTrip"}
)
