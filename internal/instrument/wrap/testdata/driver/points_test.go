package driver_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/instrument/counted"
)

func TestMain(m *testing.M) {
	code := m.Run()
	sites, err := instrument.ReadSites(os.Getenv("SITES"))
	if err != nil {
		fmt.Println(err)
		code = 1
	}
	for number, n := range counted.Counts() {
		file, line, function, operation := sites.Name(number)
		fmt.Println("POINT", n > 0, file, line, function, operation)
	}
	os.Exit(code)
}
