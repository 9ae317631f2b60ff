//go:build leakasserttool

package main

import (
	"os"

	"github.com/leakassert/leakassert/internal/instrument/wrap"
)

func main() { os.Exit(wrap.Main(os.Args[1:], wrap.Helpers{})) }
