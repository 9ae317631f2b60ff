package memassert_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"
)

type order struct {
	ID    int               `json:"id"`
	Buyer buyer             `json:"buyer"`
	Items []item            `json:"items"`
	Notes map[string]string `json:"notes,omitempty"`
	At    time.Time         `json:"at"`
}

type buyer struct {
	Name    string   `json:"name"`
	Address *address `json:"address"`
}

type address struct{ Street, Town string }

type item struct {
	Name  string
	Price float64
	Tags  []string
}

var anOrder = order{
	ID: 7, Buyer: buyer{"Ada", &address{"1 Long Lane", "Oxford"}},
	Items: []item{{"pen", 1.5, []string{"blue"}}, {"ink", 4, nil}, {"paper", 2.25, []string{"a4", "white"}}},
	Notes: map[string]string{"gift": "yes", "door": "rear"},
}

var cleanStd = []cleanBody{
	{
		name: "json", why: "what it keeps are the tables of the types, once",
		start: func(t *testing.T) func() {
			return func() {
				text, err := json.Marshal(anOrder)
				must(err)
				var back order
				must(json.Unmarshal(text, &back))
			}
		},
	},
	{
		name: "regexp", why: "an expression and its machines go with the call; the machines' pools are global",
		start: func(t *testing.T) func() {
			return func() {
				re := regexp.MustCompile(`^(\w+)@(\w+\.)+(com|org)$`)
				if !re.MatchString("ada.@example.org") && re.FindStringSubmatch("ada@example.org") == nil {
					panic("no match")
				}
			}
		},
	},
	{
		name: "text template", why: "a template goes with the call",
		start: func(t *testing.T) func() {
			return func() {
				tmpl := template.Must(template.New("order").Parse(`{{define "item"}}{{.Name}}: {{printf "%.2f" .Price}}{{end}}{{range .Items}}{{template "item" .}}, {{end}}`))
				must(tmpl.Execute(io.Discard, anOrder))
			}
		},
	},
	{
		name: "html template", why: "a template goes with the call, and so does what escaping has added to it",
		start: func(t *testing.T) func() {
			return func() {
				tmpl := htmltemplate.Must(htmltemplate.New("order").Parse(`<a href="/buyer?name={{.Buyer.Name}}" onclick="buy({{.ID}})">{{range .Items}}<b>{{.Name}}</b>{{end}}</a>`))
				must(tmpl.Execute(io.Discard, anOrder))
			}
		},
	},
	{
		name: "builders", why: "what a builder and a buffer have grown to goes with them",
		start: func(t *testing.T) func() {
			return func() {
				var b strings.Builder
				var buf bytes.Buffer
				for i := range 200 {
					fmt.Fprintf(&b, "line %d\n", i)
					buf.WriteString(b.String())
				}
				if _, err := buf.WriteTo(io.Discard); err != nil {
					panic(err)
				}
			}
		},
	},
	{
		name: "gzip", why: "a compressor has most of a megabyte, which goes with it",
		start: func(t *testing.T) func() {
			text := bytes.Repeat([]byte("all work and no play "), 100)
			return func() {
				var buf bytes.Buffer
				w := gzip.NewWriter(&buf)
				_, err := w.Write(text)
				must(errors.Join(err, w.Close()))
				r, err := gzip.NewReader(&buf)
				must(err)
				back, err := io.ReadAll(r)
				must(errors.Join(err, r.Close()))
				if !bytes.Equal(back, text) {
					panic("not the same")
				}
			}
		},
	},
	{
		name: "slog", why: "a record is written and goes; a logger made of another one goes with the call",
		start: func(t *testing.T) func() {
			log := slog.New(slog.NewJSONHandler(io.Discard, nil))
			return func() {
				log.With("request", 7).WithGroup("order").Info("done", "took", time.Millisecond, "order", anOrder)
			}
		},
	},
	{
		name: "file", why: "it is closed and removed",
		start: func(t *testing.T) func() {
			name := filepath.Join(t.TempDir(), "x")
			return func() {
				must(os.WriteFile(name, []byte("hello"), 0o600))
				f, err := os.Open(name)
				must(err)
				_, err = io.ReadAll(f)
				must(errors.Join(err, f.Close(), os.Remove(name)))
			}
		},
	},
	{
		name: "panic", why: "one that is recovered from leaves nothing, and neither do deferred calls",
		start: func(t *testing.T) func() {
			return func() {
				defer func() {
					if recover() == nil {
						panic("there was a panic")
					}
				}()
				for i := range 10 {
					defer func() { _ = fmt.Sprint(i) }()
				}
				var m map[string]*order
				m["x"].ID++
			}
		},
	},
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
