package leaktest

import "flag"

// forJSON reports whether the output of the tests is read by test2json, as under go test -json.
func forJSON() bool {
	v := flag.Lookup("test.v")
	return v != nil && v.Value.String() == "test2json"
}
