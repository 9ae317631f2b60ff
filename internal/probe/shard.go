package probe

import (
	"os"
	"strconv"
)

// Sharded reports whether a runner such as Bazel has this process run only a part of the package's tests:
// TEST_TOTAL_SHARDS says in how many processes they run. See
// https://bazel.build/reference/test-encyclopedia#initial-conditions.
func Sharded() bool {
	n, err := strconv.Atoi(os.Getenv("TEST_TOTAL_SHARDS"))
	return err == nil && n > 1
}
