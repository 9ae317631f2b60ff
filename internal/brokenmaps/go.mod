module github.com/leakassert/leakassert/internal/brokenmaps

go 1.26.0

require (
	broken.example/ctrie1038 v0.0.0
	broken.example/hashmap100 v0.0.0
	broken.example/hashmap101 v0.0.0
	broken.example/hashmap103 v0.0.0
	broken.example/haxmap120 v0.0.0
	broken.example/swiss100 v0.0.0
	broken.example/swiss106 v0.0.0
	broken.example/xsync100 v0.0.0
	broken.example/xsync102 v0.0.0
	broken.example/xsync230/v2 v2.0.0
	broken.example/xsync240/v2 v2.0.0
	broken.example/xsync301/v3 v3.0.0
	github.com/Workiva/go-datastructures v1.1.6
	github.com/alphadose/haxmap v1.4.1
	github.com/bytedance/gg v1.1.0
	github.com/cornelk/hashmap v1.0.8
	github.com/mhmtszr/concurrent-swiss-map v1.0.8
	github.com/puzpuzpuz/xsync v1.5.2
	github.com/puzpuzpuz/xsync/v3 v3.5.1
	github.com/puzpuzpuz/xsync/v4 v4.5.0
	github.com/zhangyunhao116/skipmap v0.10.1
)

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/cespare/xxhash v1.1.0 // indirect
	github.com/dchest/siphash v1.1.0 // indirect
	github.com/google/pprof v0.0.0-20261105003125-4bf881d7fb0b // indirect
	github.com/puzpuzpuz/xsync/v2 v2.5.1 // indirect
	github.com/zhangyunhao116/fastrand v0.3.0 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/arch v0.33.0 // indirect
	golang.org/x/exp v0.0.0-20221031165847-c99f073a8326 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

// Old versions beside the new ones, under names of their own.
replace (
	broken.example/ctrie1038 => github.com/Workiva/go-datastructures v1.0.38
	broken.example/hashmap100 => github.com/cornelk/hashmap v1.0.0
	broken.example/hashmap101 => github.com/cornelk/hashmap v1.0.1
	broken.example/hashmap103 => github.com/cornelk/hashmap v1.0.3
	broken.example/haxmap120 => github.com/alphadose/haxmap v1.2.0
	broken.example/swiss100 => github.com/mhmtszr/concurrent-swiss-map v1.0.0
	broken.example/swiss106 => github.com/mhmtszr/concurrent-swiss-map v1.0.6
	broken.example/xsync100 => github.com/puzpuzpuz/xsync v1.0.0
	broken.example/xsync102 => github.com/puzpuzpuz/xsync v1.0.2
	broken.example/xsync230/v2 => github.com/puzpuzpuz/xsync/v2 v2.3.0
	broken.example/xsync240/v2 => github.com/puzpuzpuz/xsync/v2 v2.4.0
	broken.example/xsync301/v3 => github.com/puzpuzpuz/xsync/v3 v3.0.1
)

require (
	github.com/leakassert/leakassert v0.0.0
	github.com/stretchr/testify v1.12.1
)

replace github.com/leakassert/leakassert => ../..
