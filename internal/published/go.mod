module github.com/leakassert/leakassert/internal/published

go 1.26.0

replace github.com/leakassert/leakassert => ../..

require (
	github.com/VictoriaMetrics/metrics v1.12.3
	github.com/bluele/gcache v0.0.2
	github.com/dgraph-io/ristretto v0.2.0
	github.com/dgraph-io/ristretto/v2 v2.0.0
	github.com/failsafe-go/failsafe-go v0.9.6
	github.com/failsafe-go/failsafe-go/leaking v0.0.0
	github.com/go-co-op/gocron/v2 v2.16.3
	github.com/gorilla/sessions v1.2.0
	github.com/jonboulle/clockwork v0.5.0
	github.com/leakassert/leakassert v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	leaking.example/clockwork v0.0.0
	leaking.example/gcache v0.0.0
	leaking.example/gocron/v2 v2.0.0
	leaking.example/metrics v0.0.0
	leaking.example/sessions v0.0.0
)

require (
	github.com/bits-and-blooms/bitset v1.24.4 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/context v1.1.1 // indirect
	github.com/gorilla/securecookie v1.1.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/robfig/cron/v3 v3.0.1 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/arch v0.33.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace (
	github.com/failsafe-go/failsafe-go/leaking => github.com/failsafe-go/failsafe-go v0.9.5
	leaking.example/clockwork => github.com/jonboulle/clockwork v0.3.0
	leaking.example/gcache => github.com/bluele/gcache v0.0.1
	leaking.example/gocron/v2 => github.com/go-co-op/gocron/v2 v2.16.2
	leaking.example/metrics => github.com/VictoriaMetrics/metrics v1.12.0
	leaking.example/sessions => github.com/gorilla/sessions v1.1.3
)
