package explain_test

import (
	"fmt"
	"os"

	_ "github.com/leakassert/leakassert/leaktest/child/explain" // in the program's main package
)

// The import changes nothing, unless leaktest.Command has started the program.
func Example() {
	_, asked := os.LookupEnv("LEAKTEST_CHILD")
	fmt.Println(asked)
	// Output: false
}
