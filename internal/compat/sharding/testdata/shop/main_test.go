package shop

import (
	"os"
	"reflect"
	"strconv"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/leaktest"
)

var options = []leaktest.Option{
	leaktest.Unwrapped("TestF"), leaktest.IgnoreFunc("example.org/shop.ofTestF"),
}

// TestMain does what the main function of a go_test of rules_go does before it, and then has leaktest
// run what is left. With MAIN=run it removes the file that says that the process has ended early.
func TestMain(m *testing.M) {
	if list := os.Getenv("LEAKS"); list != "" {
		options = append(options, leaktest.Baseline(list))
	}
	shard(m)
	if os.Getenv("MAIN") != "run" {
		leaktest.Main(m, options...)
	}
	early := os.Getenv("TEST_PREMATURE_EXIT_FILE")
	if err := os.WriteFile(early, nil, 0o666); err != nil {
		panic(err)
	}
	leaktest.Run(m, options...)
	if err := os.Remove(early); err != nil {
		panic(err)
	}
	// testing.M has the exit code.
}

// shard leaves of the tests those of this shard.
func shard(m *testing.M) {
	total, err := strconv.Atoi(os.Getenv("TEST_TOTAL_SHARDS"))
	if err != nil || total <= 1 {
		return
	}
	status, err := os.Create(os.Getenv("TEST_SHARD_STATUS_FILE"))
	if err != nil {
		panic(err)
	}
	status.Close()
	index, err := strconv.Atoi(os.Getenv("TEST_SHARD_INDEX"))
	if err != nil {
		panic(err)
	}
	f := reflect.ValueOf(m).Elem().FieldByName("tests")
	tests := (*[]testing.InternalTest)(unsafe.Pointer(f.UnsafeAddr()))
	var mine []testing.InternalTest
	for i, t := range *tests {
		if i%total == index {
			mine = append(mine, t)
		}
	}
	*tests = mine
}
