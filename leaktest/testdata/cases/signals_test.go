package cases

import (
	"context"
	"os"
	"os/signal"
	"testing"
)

func TestSignals(t *testing.T) {
	if on("signals") {
		ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt)
		_ = ctx
	}
}
