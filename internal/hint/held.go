package hint

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// descriptors has descriptors whose stack or state shows what opened them.
var descriptors = []rule{
	// A child that is not waited for keeps its pidfd. The stack of a trace goes through Start.
	{"the process is not waited for: call cmd.Wait() after cmd.Start()", func(c clue) bool {
		return c.acquired("os/exec.(*Cmd).Start") && c.kind() == procfd.KindPidfd && c.none("os/exec.(*Cmd).Wait")
	}},
	// Only a child has this detail, and the collector closes only what is in an os.Process that nobody
	// has waited for.
	{"the process is not waited for: call cmd.Wait() after cmd.Start()", func(c clue) bool {
		d, _ := c.Resource.(procfd.FD)
		return c.Forgotten && c.none("os/exec.(*Cmd).Wait") &&
			slices.ContainsFunc(d.Detail, func(phrase string) bool { return strings.HasSuffix(phrase, " waited for)") })
	}},
	// The collector closes only what is in an os.File that nobody has closed.
	{"the file is not closed: defer f.Close() after the error check", func(c clue) bool {
		return (c.kind() == procfd.KindFile || c.kind() == procfd.KindDirectory) && (c.Forgotten || c.acquired("os.OpenFile", "os.CreateTemp"))
	}},
	// A socket listens until it is closed.
	{"the listener is not closed: close it, or the server that accepts from it", func(c clue) bool {
		d, ok := c.Resource.(procfd.FD)
		return ok && d.State == "LISTEN" && d.Kind == procfd.KindTCP
	}},
	// The collector closes only what is in a connection that nobody has closed. The stack of a trace goes
	// directly from the module's code into Dial.
	{"the connection is not closed: defer conn.Close() after the error check", func(c clue) bool {
		return c.Forgotten && (c.kind() == procfd.KindTCP || c.kind() == procfd.KindUDP) ||
			c.acquired("net.(*Dialer).DialContext") && !c.HasFunc(func(f string) bool { return strings.HasPrefix(f, "net/http.") })
	}},
}

// kind returns the kind of a descriptor, "" for other leaks.
func (c clue) kind() procfd.Kind {
	d, _ := c.Resource.(procfd.FD)
	return d.Kind
}

// borrowed has connections of database/sql that are out, by the type of what was checked out.
var borrowed = []rule{
	// Close, or reading to the end, gives the connection back.
	{"rows.Close() is not called: defer it after the error check", func(c clue) bool { return c.out("*sql.Rows") && c.outBy("Query", "QueryContext") }},
	// Scan gives the connection back.
	{"Scan is not called on the row: call it, or use Exec", func(c clue) bool { return c.out("*sql.Rows") && c.outBy("QueryRow", "QueryRowContext") }},
	// Commit or Rollback gives the connection back.
	{"neither Commit nor Rollback is called: defer tx.Rollback() after the error check", func(c clue) bool { return c.out("*sql.Tx") }},
	// Close gives the connection back.
	{"conn.Close() is not called: defer it after the error check", func(c clue) bool { return c.out("*sql.Conn") }},
}

// out reports whether it is known what is checked out, and all of it is of one type.
func (c clue) out(typ string) bool {
	return c.checkouts(func(e probe.Evidence) bool { return slices.Contains(e.Columns, typ) })
}

// outBy reports whether all that is checked out was checked out by methods with some names.
func (c clue) outBy(names ...string) bool {
	return c.checkouts(func(e probe.Evidence) bool {
		return slices.Contains(names, e.Call.Callee[strings.LastIndexByte(e.Call.Callee, '.')+1:])
	})
}

func (c clue) checkouts(fit func(probe.Evidence) bool) bool {
	n := 0
	for _, e := range c.Evidence {
		if e.Label == "candidate" || e.Label == "checked out" && !fit(e) {
			return false
		}
		if e.Label == "checked out" {
			n++
		}
	}
	return n > 0 && c.Kind == "pool"
}
