package probe

import "flag"

// FlagSet reports whether a flag of the testing package is on.
func FlagSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != "" && f.Value.String() != "false"
}
