// Package brokenmaps holds published versions of concurrent maps with known
// bugs, each beside a version without the bug where there is one. It exists
// to show that the map driver finds real bugs, and that rewriting changes nothing
// for the tests of these maps. Nothing else may import it.
//
// The old versions are linked with functions of the runtime that Go 1.27 keeps to
// itself: there the package is empty.
package brokenmaps
