//go:build linux

package corpus

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

func gorillaWebsocket(t testing.TB) {
	var up gorilla.Upgrader
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			kind, message, err := conn.ReadMessage()
			if err != nil {
				return
			}
			conn.WriteMessage(kind, message)
		}
	})
	conn, _, err := gorilla.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.URL, "http"), nil)
	must(t, err)
	defer conn.Close()
	for range 3 {
		must(t, conn.WriteMessage(gorilla.TextMessage, []byte("ping")))
		_, message, err := conn.ReadMessage()
		must(t, err)
		equal(t, string(message), "ping")
	}
	must(t, conn.WriteMessage(gorilla.CloseMessage, gorilla.FormatCloseMessage(gorilla.CloseNormalClosure, "")))
	conn.ReadMessage() // until the other end has closed
}

func coderWebsocket(t testing.TB) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			conn.Write(r.Context(), kind, message)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.URL, &websocket.DialOptions{HTTPClient: s.Client()})
	must(t, err)
	defer conn.CloseNow()
	must(t, conn.Write(ctx, websocket.MessageText, []byte("ping")))
	_, message, err := conn.Read(ctx)
	must(t, err)
	equal(t, string(message), "ping")
	must(t, conn.Close(websocket.StatusNormalClosure, ""))
}
