// Package corpus measures whether the library can be trusted. It has small test
// bodies of the kinds that real tests are made of, most of them with third-party
// code. Clean bodies release all they make, and no check may report one. Leaking
// bodies keep something, and their check must report it and name its place.
//
//	go test -run 'TestClean/http'             # some bodies
//	go test -timeout 3h -runs 100             # a hundred runs of each
//	go test -timeout 3h -growth -run Growth   # NoGrowth of all bodies, not of a sample
//
// The last line of the output counts the verdicts and those that were wrong. Bodies
// that talk to a server skip if it does not answer. With CI=true those that need
// PostgreSQL or Redis fail instead. The bodies use Linux.
package corpus
