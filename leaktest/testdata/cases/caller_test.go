package cases

import (
	"fmt"
	"runtime"
	"testing"
)

// TestCaller prints who has called it.
func TestCaller(t *testing.T) {
	if !on("caller") {
		return
	}
	pc, _, _, _ := runtime.Caller(1)
	fmt.Println("called by", runtime.FuncForPC(pc).Name())
}
