package procfd_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// sizes of tables; the last takes a limit of more than the usual 1024, to which
// Go raises it at start where that is allowed.
var sizes = []int{10, 1000, 10_000}

// fill opens files until that many descriptors are open, and returns the
// numbers of all.
func fill(b *testing.B, size int) []int {
	b.Helper()
	for have := len(numbers(b)); have < size; have++ {
		num, err := unix.Open(os.Args[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EMFILE {
			b.Skipf("the limit of descriptors is below %d", size)
		}
		made(b)(num, err)
	}
	return numbers(b)
}

func bySize(b *testing.B, f func(b *testing.B, nums []int)) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			nums := fill(b, size)
			b.ReportAllocs()
			b.ResetTimer()
			f(b, nums)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(nums)), "ns/fd")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	bySize(b, func(b *testing.B, nums []int) {
		table := read(b)
		for b.Loop() {
			if err := table.Read(); err != nil {
				b.Fatal(err)
			}
		}
		require.Len(b, table.Entries, len(nums))
	})
}

// BenchmarkFstat is the floor: a loop of fstat over numbers that are known.
func BenchmarkFstat(b *testing.B) {
	bySize(b, func(b *testing.B, nums []int) {
		var st unix.Stat_t
		for b.Loop() {
			for _, num := range nums {
				if err := unix.Fstat(num, &st); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkReadSparse is the same with one number far away, which has to be
// listed.
func BenchmarkReadSparse(b *testing.B) {
	dupTo(b, 19000)
	BenchmarkRead(b)
}

func BenchmarkGrown(b *testing.B) {
	bySize(b, func(b *testing.B, nums []int) {
		var before, now procfd.Table
		require.NoError(b, before.Read())
		require.NoError(b, now.Read())
		for b.Loop() {
			procfd.Grown(nil, &before, &now)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	for b.Loop() {
		procfd.Count()
	}
}

// BenchmarkDescribe is what a report costs for each descriptor.
func BenchmarkDescribe(b *testing.B) {
	num := int(open(b).Fd())
	for b.Loop() {
		procfd.Describe(num)
	}
}
