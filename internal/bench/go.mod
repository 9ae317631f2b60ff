module github.com/leakassert/leakassert/internal/bench

go 1.26.0

require (
	github.com/fortytw2/leaktest v1.3.0
	github.com/leakassert/leakassert v0.0.0
	go.uber.org/goleak v1.3.0
)

replace github.com/leakassert/leakassert => ../..
